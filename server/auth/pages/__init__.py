"""What people see: signing in, choosing a patient, granting, taking back. Plain pages, which work without a script."""

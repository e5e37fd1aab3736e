// Joins mongo1, mongo2 and mongo3 to the replica set rs0, waits for its primary, and makes the user that Causeway signs in as.
const root = new Mongo(`mongodb://root:${encodeURIComponent(process.env.MONGO_ROOT_PASSWORD)}@mongo1/?directConnection=true`);
const members = ["mongo1:27017", "mongo2:27017", "mongo3:27017"].map((host, _id) => ({ _id, host }));
try {
  root.getDB("admin").runCommand({ replSetInitiate: { _id: "rs0", members } });
} catch (error) {
  if (error.codeName !== "AlreadyInitialized") throw error;
}

const credentials = `root:${encodeURIComponent(process.env.MONGO_ROOT_PASSWORD)}`;
const set = new Mongo(`mongodb://${credentials}@mongo1,mongo2,mongo3/?replicaSet=rs0&serverSelectionTimeoutMS=60000`);
const causeway = set.getDB("causeway");
const user = { pwd: process.env.CAUSEWAY_DB_PASSWORD, roles: [{ role: "readWrite", db: "causeway" }] };
if (causeway.getUser("causeway")) causeway.updateUser("causeway", user);
else causeway.createUser({ user: "causeway", ...user });
print("rs0 has a primary, and Causeway its user");

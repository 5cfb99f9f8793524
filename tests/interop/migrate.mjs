// Applies a migrations folder with drizzle-orm's own migrator: node migrate.mjs URL FOLDER
import { drizzle } from "drizzle-orm/node-postgres";
import { migrate } from "drizzle-orm/node-postgres/migrator";
import pg from "pg";

const [url, migrationsFolder] = process.argv.slice(2);
const pool = new pg.Pool({ connectionString: url });
try {
  await migrate(drizzle(pool), { migrationsFolder });
} finally {
  await pool.end();
}

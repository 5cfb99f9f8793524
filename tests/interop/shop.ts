import { sql } from "drizzle-orm";
import {
  bigint, boolean, check, date, doublePrecision, foreignKey, index, integer, jsonb, numeric, pgEnum,
  pgPolicy, pgSchema, pgSequence, pgTable, pgView, primaryKey, real, serial, smallint, text, time, timestamp,
  unique, uniqueIndex, uuid, varchar,
} from "drizzle-orm/pg-core";

export const app = pgSchema("app");
export const mood = pgEnum("mood", ["glad", "it's ok"]);
export const kind = app.enum("kind", ["x", "y"]);
export const numbers = pgSequence("numbers", { startWith: 100, increment: 5, cycle: true });

export const account = app.table("account", {
  id: bigint("id", { mode: "number" }).primaryKey().generatedByDefaultAsIdentity(),
  name: varchar("name", { length: 40 }).notNull(),
  kind: kind("kind").default("x"),
});

export const item = pgTable("item", {
  id: serial("id").primaryKey(),
  accountId: bigint("account_id", { mode: "number" }).references(() => account.id, { onDelete: "cascade" }),
  code: uuid("code").defaultRandom().notNull().unique(),
  price: numeric("price", { precision: 10, scale: 2 }).notNull().default("0"),
  rate: numeric("rate").default("1.5"),
  number: numeric("number", { mode: "number" }).default(2),
  small: smallint("small").default(-1),
  many: integer("many").default(5),
  share: real("share").default(0.25),
  width: doublePrecision("width").default(-2),
  flag: boolean("flag").default(true),
  mood: mood("mood").default("glad"),
  note: text("note").default("it's"),
  data: jsonb("data").default({ a: 1 }),
  tags: text("tags").array().default(["a", "b"]),
  none: text("none").array().default([]),
  ints: integer("ints").array().default([1, 2]),
  expression: text("expression").array().default(sql`'{}'::text[]`),
  at: timestamp("at", { withTimezone: true }).defaultNow(),
  moment: timestamp("moment", { precision: 3 }).default(sql`CURRENT_TIMESTAMP`),
  day: date("day").default("2024-01-02"),
  hour: time("hour"),
  upper: text("upper").generatedAlwaysAs(sql`upper(note)`),
}, (t) => [
  check("positive", sql`${t.price} >= 0`),
  unique("one").on(t.note, t.day).nullsNotDistinct(),
  index("recent").on(t.at.desc(), t.note),
  uniqueIndex("lower").on(sql`lower(${t.note})`).where(sql`${t.flag}`),
  index("gin").using("gin", t.data.op("jsonb_path_ops")),
  pgPolicy("own", { for: "select", to: "public", using: sql`${t.flag} = true` }),
]);

export const pair = pgTable("pair", {
  a: integer("a").notNull(),
  b: integer("b").notNull(),
  item: integer("item"),
}, (t) => [
  primaryKey({ columns: [t.b, t.a] }),
  foreignKey({ columns: [t.item], foreignColumns: [item.id] }).onUpdate("set null"),
]);

export const cheap = pgView("cheap").as((qb) => qb.select({ id: item.id, note: item.note }).from(item).where(sql`price < 10`));

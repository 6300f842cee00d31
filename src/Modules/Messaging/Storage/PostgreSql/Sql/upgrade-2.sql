-- How long conversations keep their entries, and how old a program may be. A row is written for neither.
ALTER TABLE conversation ADD COLUMN keep bigint[];
ALTER TABLE meta ADD COLUMN oldest integer NOT NULL DEFAULT 1;

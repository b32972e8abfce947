-- What an assessment was made of, enough to make it again to the bit; null for those made before.

ALTER TABLE assessments ADD COLUMN inputs jsonb;

-- A span that was told of before it was over: the finished one replaces it, see RawSpan.version.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS is_open Bool DEFAULT false AFTER duplicate_of

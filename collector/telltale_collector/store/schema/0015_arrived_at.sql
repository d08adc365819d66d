-- When a span came: received_at orders versions, and of an open span it lies thirty days before that.
ALTER TABLE spans ADD COLUMN IF NOT EXISTS arrived_at DateTime64(9, 'UTC') ALIAS received_at + toIntervalDay(if(is_open, 30, 0))

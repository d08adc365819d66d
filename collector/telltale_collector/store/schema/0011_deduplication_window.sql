-- A batch that comes again is known by its token, also after the machine ended without warning and everything that the
-- write-ahead log still keeps is stored once more: ten minutes hold more than a thousand inserts. A token costs 70 bytes
-- of memory; inserts take as long as before. Dead letters have no identity of their own that would make up for it.
ALTER TABLE spans MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE log_events MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE scores MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE dead_letters MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE metric_points MODIFY SETTING non_replicated_deduplication_window = 10000;
ALTER TABLE ledger MODIFY SETTING non_replicated_deduplication_window = 10000;

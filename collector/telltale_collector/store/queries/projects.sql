-- Projects that anything ever came for.
SELECT DISTINCT project
FROM ledger
ORDER BY project

-- One object of QuickBooks holds one key. Where two keys hold one object, the first that was linked keeps it; the
-- others wait for a person, who says what they are.

UPDATE postings SET state = 'parked', reason = 'object_of_another', operation = 'create',
    message = 'another posting holds the object in QuickBooks that this one was linked to: retry makes one of its own, '
        || 'or relink'
WHERE superseded_by IS NULL AND EXISTS (
    SELECT 1 FROM posting_links AS mine
    JOIN posting_links AS other ON other.connection = mine.connection AND other.entity = mine.entity
        AND other.qbo_id = mine.qbo_id
        AND (other.linked_at < mine.linked_at OR (other.linked_at = mine.linked_at AND other."key" < mine."key"))
    WHERE mine.connection = postings.connection AND mine."key" = postings."key"
);

DELETE FROM posting_links WHERE EXISTS (
    SELECT 1 FROM posting_links AS other
    WHERE other.connection = posting_links.connection AND other.entity = posting_links.entity
        AND other.qbo_id = posting_links.qbo_id
        AND (other.linked_at < posting_links.linked_at
            OR (other.linked_at = posting_links.linked_at AND other."key" < posting_links."key"))
);

DROP INDEX posting_links_by_object;

CREATE UNIQUE INDEX posting_links_by_object ON posting_links (connection, entity, qbo_id);

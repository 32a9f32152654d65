-- A repeat of a merged ticket counts on the one it went into: found by its key.
create index tickets_merged_dedup_key on tickets (tenant_id, dedup_key)
    where dedup_key is not null and merged_into is not null;

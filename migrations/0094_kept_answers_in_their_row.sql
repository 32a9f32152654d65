-- An answer that is kept stays in its row (0069), so what else is in it stays there,
-- too: moved out instead, the path of the thing that was made and the hash of the
-- request cost two rows and two places in an index for each answer.
alter table idempotency_keys
    alter column key set storage main,
    alter column fingerprint set storage main,
    alter column location set storage main,
    alter column etag set storage main;

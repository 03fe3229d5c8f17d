-- Who may do what in a store on PostgreSQL: three group roles and their rights, table by table.
--
-- `qbo-pipeline upgrade --roles` runs this file as the owner of the tables; so does
-- `psql --single-transaction --set ON_ERROR_STOP=1 --file sql/store/roles/postgresql.sql`. It may be run again at any
-- time, and `upgrade` does so by itself after every change, once it has been run. Only where the roles do not exist yet
-- is the right to create roles needed.
--
-- The owner is whoever migrated the tables; nothing is given to it here. Logins are made by an administrator and get
-- their rights by membership alone:
--     CREATE ROLE acme_poster LOGIN PASSWORD '...' IN ROLE qbo_pipeline_poster;
-- Roles belong to the whole server, so who may reach which store is said by CONNECT on its database
-- (deploy/databases.sql). Tables are looked for in the current schema, the one in which `upgrade` makes them.
--
-- No default privileges: what a later version adds is nobody's until its line stands here.

DO $roles$
DECLARE
    home CONSTANT text := current_schema();
    role_name text;
    item record;
BEGIN
    FOREACH role_name IN ARRAY ARRAY['qbo_pipeline_poster', 'qbo_pipeline_tokens', 'qbo_pipeline_reporter'] LOOP
        IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role_name) THEN
            BEGIN
                EXECUTE format('CREATE ROLE %I NOLOGIN', role_name);
            EXCEPTION WHEN duplicate_object OR unique_violation THEN
                NULL; -- another store of this server has just made it
            END;
        END IF;
    END LOOP;

    -- The schema is the owner's: everybody else may look things up in it, and create nothing.
    EXECUTE format('REVOKE ALL ON SCHEMA %I FROM PUBLIC', home);
    EXECUTE format(
        'GRANT USAGE ON SCHEMA %I TO qbo_pipeline_poster, qbo_pipeline_tokens, qbo_pipeline_reporter', home
    );
    IF has_schema_privilege('qbo_pipeline_poster', home, 'CREATE') THEN
        RAISE EXCEPTION 'everybody may create tables in the schema %', home
            USING HINT = format('as its owner: REVOKE CREATE ON SCHEMA %I FROM PUBLIC', home);
    END IF;

    -- The poster runs the nights. It deletes only where rows are a copy that is read or worked out anew, never what
    -- says what was extracted, posted, decided or signed.
    FOR item IN
        SELECT * FROM (VALUES
            -- What the connection is bound to: a change is refused once something is posted.
            ('connections', 'SELECT, INSERT, UPDATE'),
            -- What the source said. A vanished record is marked; its revisions are history.
            ('records', 'SELECT, INSERT, UPDATE'),
            ('record_revisions', 'SELECT, INSERT'),
            -- Which days were read completely: forgotten when a record arrives there from elsewhere.
            ('reads', 'SELECT, INSERT, UPDATE, DELETE'),
            -- Worked out from records, and worked out anew when these change.
            ('stock_lines', 'SELECT, INSERT, DELETE'),
            ('bill_matches', 'SELECT, INSERT, DELETE'),
            ('record_references', 'SELECT, INSERT, DELETE'),
            -- QuickBooks' lists, replaced when they are read again; when they were read is written into the rows.
            ('reference_data', 'SELECT, INSERT, UPDATE, DELETE'),
            -- What accounts were called: a name that goes to another account is replaced, none is lost.
            ('account_names', 'SELECT, INSERT, DELETE'),
            -- What the names of the settings mean: a new meaning is a new row, with who said so.
            ('bound_names', 'SELECT, INSERT'),
            -- Written by nobody but people.
            ('exchange_rates', 'SELECT'),
            -- How far reading has come: one row a name, replaced.
            ('watermarks', 'SELECT, INSERT, DELETE'),
            -- Objects as their system gave them, each former version kept; and who is reading them now.
            ('landed_objects', 'SELECT, INSERT, UPDATE'),
            ('landed_versions', 'SELECT, INSERT'),
            ('landings', 'SELECT, INSERT, UPDATE'),
            -- By which settings something was made: each version stays. What differs today is worked out anew.
            ('settings_versions', 'SELECT, INSERT'),
            ('settings_comparisons', 'SELECT, INSERT, DELETE'),
            -- The outbox: every revision stays.
            ('postings', 'SELECT, INSERT, UPDATE'),
            ('posting_effects', 'SELECT, INSERT'),
            ('posting_records', 'SELECT, INSERT'),
            -- What people were told about: told and over are written into the row.
            ('alerts', 'SELECT, INSERT, UPDATE'),
            -- The way back: objects as QuickBooks answered them last, and every revision of what is written back.
            ('quickbooks_objects', 'SELECT, INSERT, UPDATE'),
            ('write_backs', 'SELECT, INSERT, UPDATE'),
            ('agreements', 'SELECT, INSERT, UPDATE, DELETE'),
            ('attached_files', 'SELECT, INSERT, DELETE'),
            ('two_way_kinds', 'SELECT, INSERT, DELETE'),
            ('two_way_differences', 'SELECT, INSERT, DELETE'),
            -- Which object in QuickBooks a document is at present. Who linked or unlinked it, when and why stands in the
            -- journal, and what was posted in the posting, so a row that goes takes no evidence with it.
            ('posting_links', 'SELECT, INSERT, DELETE'),
            -- Copies that people made of what we posted: a row goes when its object does.
            ('posting_copies', 'SELECT, INSERT, DELETE'),
            -- What others entered beside us, and whether it may be one of ours: a row goes when its object does.
            ('entered_by_others', 'SELECT, INSERT, UPDATE, DELETE'),
            -- The bytes of a request are dropped once nothing of it is in doubt; its id and hash stay.
            ('frozen_requests', 'SELECT, INSERT, UPDATE'),
            -- The journal is append-only: triggers refuse the rest even to the owner.
            ('attempts', 'SELECT, INSERT'),
            ('attempt_heads', 'SELECT, INSERT, UPDATE'),
            -- The shared schedule of calls, and their count.
            ('pacing', 'SELECT, INSERT, UPDATE'),
            ('api_calls', 'SELECT, INSERT, UPDATE'),
            -- QuickBooks' ledger as it was last read, day by day; a day that changed there is replaced.
            ('ledger_lines', 'SELECT, INSERT, DELETE'),
            ('ledger_windows', 'SELECT, INSERT, UPDATE, DELETE'),
            ('ledger_balances', 'SELECT, INSERT, DELETE'),
            -- What finance was shown and what it signed: each a new row, for ever.
            ('reconciliations', 'SELECT, INSERT'),
            ('differences', 'SELECT, INSERT'),
            ('roll_forwards', 'SELECT, INSERT'),
            ('sign_offs', 'SELECT, INSERT'),
            -- Hints that QuickBooks changed: taken up, then forgotten.
            ('webhook_hints', 'SELECT, INSERT, UPDATE, DELETE'),
            -- Who may do what on the page: each grant stays. Sessions end; what was ordered is noted when it is done.
            ('page_grants', 'SELECT, INSERT'),
            ('page_sessions', 'SELECT, INSERT, UPDATE, DELETE'),
            ('page_orders', 'SELECT, INSERT, UPDATE'),
            -- What was changed and noted there, and what was signed: each stays as it was written.
            ('setup_changes', 'SELECT, INSERT'),
            ('difference_notes', 'SELECT, INSERT'),
            ('signed_reports', 'SELECT, INSERT'),
            ('kept_files', 'SELECT, INSERT'),
            -- Of which version the store is.
            ('schema_migrations', 'SELECT'),
            -- The vault: not even a look.
            ('tokens', NULL),
            ('token_versions', NULL)
        ) AS rights (name, poster)
    LOOP
        EXECUTE format(
            'REVOKE ALL ON TABLE %I.%I FROM PUBLIC, qbo_pipeline_poster, qbo_pipeline_tokens, qbo_pipeline_reporter',
            home, item.name
        );
        IF item.poster IS NOT NULL THEN
            EXECUTE format('GRANT %s ON TABLE %I.%I TO qbo_pipeline_poster', item.poster, home, item.name);
        END IF;
    END LOOP;

    -- The vault's own connection sees the vault and nothing else.
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON TABLE %I.tokens TO qbo_pipeline_tokens', home);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE ON TABLE %I.token_versions TO qbo_pipeline_tokens', home);

    -- Finance's own tools read the views of sql/reports, which show no payload and no secret; no table.
    FOR item IN
        SELECT viewname AS name FROM pg_views WHERE schemaname = home AND viewname LIKE 'report\_%'
    LOOP
        EXECUTE format('GRANT SELECT ON TABLE %I.%I TO qbo_pipeline_reporter', home, item.name);
    END LOOP;
END
$roles$;

-- Run once by psql as a superuser, when PostgreSQL's volume is new: Dagster's own database, and for each connection a
-- store with its logins. The passwords come from the environment.
\getenv dagster_password DAGSTER_PASSWORD
\getenv owner_password ACME_OWNER_PASSWORD
\getenv poster_password ACME_POSTER_PASSWORD
\getenv tokens_password ACME_TOKENS_PASSWORD
\getenv reporter_password ACME_REPORTER_PASSWORD

CREATE ROLE dagster LOGIN PASSWORD :'dagster_password';
CREATE DATABASE dagster OWNER dagster;

-- What each may do in a store is said in sql/store/roles/postgresql.sql.
CREATE ROLE qbo_pipeline_poster NOLOGIN;
CREATE ROLE qbo_pipeline_tokens NOLOGIN;
CREATE ROLE qbo_pipeline_reporter NOLOGIN;

CREATE ROLE acme_owner LOGIN PASSWORD :'owner_password';
CREATE ROLE acme_poster LOGIN PASSWORD :'poster_password' IN ROLE qbo_pipeline_poster;
CREATE ROLE acme_tokens LOGIN PASSWORD :'tokens_password' IN ROLE qbo_pipeline_tokens;
CREATE ROLE acme_reporter LOGIN PASSWORD :'reporter_password' IN ROLE qbo_pipeline_reporter;
CREATE DATABASE acme OWNER acme_owner;
-- Roles are the server's, stores are each for itself: nobody else's poster or reporter gets in.
REVOKE ALL ON DATABASE acme FROM PUBLIC;
GRANT CONNECT ON DATABASE acme TO acme_poster, acme_tokens, acme_reporter;
-- And they get into no other database of this server: what PostgreSQL lets everybody do is taken back.
REVOKE ALL ON DATABASE dagster, postgres, template1 FROM PUBLIC;
\connect acme
-- Large objects belong to no table, so no table's rights bound them.
REVOKE EXECUTE ON FUNCTION pg_catalog.lo_create(oid), pg_catalog.lo_creat(integer),
    pg_catalog.lo_from_bytea(oid, bytea) FROM PUBLIC;

-- QuickBooks' lists as they were read last: what a setting, or a source that names QuickBooks' own things, can name.
SELECT
    connection,
    entity AS qbo_list,
    qbo_id,
    name,
    number,
    type AS account_type,
    currency,
    CASE WHEN active THEN 'yes' ELSE 'no' END AS active,
    read_at
FROM reference_data
WHERE entity NOT IN ('CompanyInfo', 'Preferences')

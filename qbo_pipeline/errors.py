"""The root of the errors that end a step of work, named by recovery: a person must act, or it passes by itself.

What belongs here: the root, its two branches and the signal; no room's own errors. Nothing else of ours is imported,
so that every room may use it but `emulator`, `demo` and `serving`, which share no line with the pipeline.
`pipeline.failures` says an error of either branch in plain words, without a traceback.

    PipelineError                           its text says what, where, why and what to do
    ├── PermanentError                      a person must act: trying again gives the same answer
    │   ├── SettingsError                   settings_errors         the settings are wrong or missing
    │   │   └── NameMeansAnother            pipeline.names_in_settings  ... a name means another object than before
    │   ├── ConnectionMismatch              pipeline.connect        the store ties the connection to another company
    │   ├── PreflightFailed                 pipeline.going_live     a check before going live fails
    │   ├── CompanyOfAnother                pipeline.ownership      the company holds what another store has posted
    │   ├── WrongCompany                    posting.shell           these postings are another company's
    │   ├── NotConnected                    pipeline.connect        credentials are missing, or nobody consented
    │   ├── VaultError                      store.tokens            the tokens cannot be decrypted with the keys at hand
    │   ├── AddressRefused                  quickbooks.hosts        an address to which our tokens must not be sent
    │   ├── StoreUrlError                   store.database          the store's URL is none that can be used
    │   ├── NoStore                         store.opening           there is no store, and a run never makes one
    │   ├── DamagedStore                    store.opening           what is there is no store, or is broken
    │   ├── MigrationError                  store.migrations        the store cannot be brought to this version
    │   ├── SourceError                     sources.errors          the source cannot be read as it is
    │   ├── NotPossible                     posting.persons         what a person decided cannot be done
    │   ├── FrameError                      reconciliation.frames   a frame cannot be reconciled
    │   ├── BeforeTheBooks                  pipeline.days           a day before the books begin is asked for
    │   ├── AfterTheBooks                   pipeline.days           a day after a closed history is asked for
    │   ├── NothingReconciled               pipeline.latest         there is no reconciliation to look at
    │   ├── SignOffError                    reconciliation.signoff  a signature would certify what is not so
    │   ├── NoSuchGrant                     page.users              what is granted or taken away cannot be
    │   ├── ProviderUnfit                   page.openid.provider    the OpenID Connect provider cannot be used so
    │   ├── NotVouched                      page.openid.tokens      what came back from it proves nobody's name
    │   ├── NotAsked                        page.setting_up.connecting  the browser came back with what nobody asked for
    │   ├── NotSaved                        page.setting_up.saving  the settings cannot be changed so
    │   ├── NothingToCorrect                page.finding.steps      there is no step that the tool could take
    │   ├── DemoFailed                      commands.demo_both      a run of the demo failed
    │   ├── FileNotWritten                  commands.whole_files    a file for people cannot be written
    │   ├── FileChanged                     store.kept_files        what is kept is not what was put there
    │   └── QuickBooksRefused               quickbooks.errors       QuickBooks or Intuit said a definite no
    │       ├── ReconnectNeeded             quickbooks.errors       our access has ended
    │       │   └── InvalidGrant            quickbooks.auth         ... because Intuit no longer takes our refresh token
    │       ├── AccessDenied                quickbooks.errors       the company, its plan or the app does not allow it
    │       ├── NotFound                    quickbooks.errors       there is no such object
    │       ├── InvalidRequest              quickbooks.errors       QuickBooks does not understand the request
    │       ├── Incomplete                  quickbooks.errors       an answer that cannot be proved complete
    │       └── QuotaExhausted              quickbooks.errors       the month's metered reads are used up
    └── TransientError                      it passes by itself: the next run goes on from there
        ├── SourceUnavailable               sources.errors          the source went away or is busy
        ├── LedgerReadError                 store.ledger_lines      ledger lines that do not prove their balances
        ├── ProviderAway                    page.openid.provider    the OpenID Connect provider gave no usable answer
        ├── NobodyTookIt                    alerts.telling          a message that no service took
        └── QuickBooksAway                  quickbooks.errors       QuickBooks or Intuit gave no usable answer
            ├── Unavailable                 quickbooks.errors       nobody answered, or nothing that can be read
            └── Throttled                   quickbooks.errors       the limits are reached for now

`QuickBooksError` and `SourceFailure` stand across the two branches: they are what these systems' own errors share.

Three things are no `PipelineError`. What is wrong with one record, posting or difference is a value. What ends a
computation and is caught by whoever asked for it is a `Signal`. A defect (a broken promise between two pieces of code)
is a built-in such as `ValueError`: nobody catches it as an answer, and its traceback is seen.
"""

from __future__ import annotations


class PipelineError(Exception):
    """What ends a step of work, in words for a person: one of the two below."""


class PermanentError(PipelineError):
    """Trying again gives the same answer: a person must act."""


class TransientError(PipelineError):
    """It passes by itself: the same step may succeed later, and nothing is lost until then."""


class Signal(Exception):
    """Ends a computation with something that its caller always catches; one that nobody catches is a defect."""

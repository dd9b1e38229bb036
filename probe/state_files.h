#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/telemetry.h"

namespace forewarn {

// The small JSON files in the state folder. Each is replaced as a whole, atomically.

// Who this probe is: identity.json, 0600, since the key is in it. One file, so that key and
// certificate can never be of two enrolments.
struct ProbeIdentityFile {
  std::string collector;    // host:port, as enrolled
  std::string server_name;  // empty: the host of `collector`
  std::string customer;
  std::string installation;
  std::string probe;
  std::string ca_pem;
  std::string certificate_pem;
  std::string key_pem;
  Timestamp enrolled_at;
};
std::string IdentityPath(const std::string& state_dir);
// NOT_FOUND when the probe was never enrolled; the message says how to. PERMISSION_DENIED, here and
// below, when the file may not be read; the message says as whom it may.
StatusOr<ProbeIdentityFile> LoadIdentity(const std::string& state_dir);
Status SaveIdentity(const std::string& state_dir, const ProbeIdentityFile& identity);

// What left the host since the start; the ledger has it one by one.
struct SentTotals {
  uint64_t batches = 0;
  uint64_t samples = 0;
  uint64_t events = 0;
  uint64_t checks = 0;
  uint64_t facts = 0;
  uint64_t changes = 0;
};

// What the running agent says of itself: status.json, for `forewarn-probe status`.
struct ProbeStatus {
  Timestamp written_at;
  bool running = true;  // false: the agent wrote this as it stopped
  Timestamp started_at;
  std::string version;
  std::string customer;
  std::string installation;
  std::string probe;
  std::string collector;
  bool connected = false;
  Timestamp last_contact;  // kTimeZero: never since the start
  Timestamp last_ack;
  std::string last_error;
  std::string last_refusal;
  int64_t clock_offset_ms = 0;
  Duration interval{0};
  uint64_t rounds = 0;
  Timestamp last_round;
  int64_t spool_bytes = 0;
  uint64_t spool_records = 0;
  Timestamp spool_oldest;
  uint64_t spool_under_way = 0;  // of the records: sent and not yet acknowledged
  int64_t spool_max_bytes = 0;
  uint64_t gap_total = 0;
  std::vector<Gap> gaps;   // all that was ever declared lost, by kind and reason
  uint64_t kept_back = 0;  // items that redaction kept on this host, since the start
  uint64_t left_out = 0;   // samples that the collector did not take, since the start
  SentTotals sent;
  std::string ledger;  // path
  Timestamp certificate_expires_at;
  std::map<std::string, std::string>
      source_errors;  // by source; those that failed in the last round
};
std::string StatusPath(const std::string& state_dir);
StatusOr<ProbeStatus> LoadStatus(const std::string& state_dir);
Status SaveStatus(const std::string& state_dir, const ProbeStatus& status);
// The same as JSON text, as `status --output json` prints it.
std::string StatusJson(const ProbeStatus& status);

// How far this host's clock was off when the collector last measured it: clock.json. It stamps the
// rounds after a start until it is measured again. Nothing when it was never measured, or the file
// is damaged.
std::optional<Duration> LoadClockOffset(const std::string& state_dir);
Status SaveClockOffset(const std::string& state_dir, Duration offset);

// Names and values that outlive a restart: the facts as last reported, positions in logs.
using StateMap = std::map<std::string, std::string>;
// Empty for a file that is not there; DATA_LOSS for one that is not such a map.
StatusOr<StateMap> LoadStateMap(const std::string& path);
Status SaveStateMap(const std::string& path, const StateMap& map);

}  // namespace forewarn

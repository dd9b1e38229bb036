#include "probe/state_files.h"

#include <fmt/format.h>
#include <pwd.h>
#include <sys/stat.h>

#include <array>

#include <nlohmann/json.hpp>

#include "base/file.h"
#include "base/units.h"

namespace forewarn {
namespace {

using Json = nlohmann::ordered_json;

std::string Dump(const Json& json) {
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

// ` that owns /var/lib/forewarn-probe, forewarn-probe`, as far as it can be seen.
std::string OwnerOf(const std::string& folder) {
  std::string text = " that owns " + folder;
  struct stat found {};
  if (stat(folder.c_str(), &found) != 0) return text;
  passwd entry{};
  passwd* owner = nullptr;
  std::array<char, 4096> buffer{};
  if (getpwuid_r(found.st_uid, &entry, buffer.data(), buffer.size(), &owner) != 0 ||
      owner == nullptr) {
    return text;
  }
  return fmt::format("{}, {}", text, owner->pw_name);
}

// kNotFound when there is none; kPermissionDenied with what to do.
StatusOr<Json> LoadObject(const std::string& path) {
  StatusOr<std::string> read = ReadFile(path);
  if (read.status().code() == Code::kPermissionDenied) {
    return PermissionDenied(fmt::format("{}; run this as the user{}", read.status().message(),
                                        OwnerOf(path.substr(0, path.rfind('/')))));
  }
  FW_ASSIGN_OR_RETURN(std::string text, std::move(read));
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return DataLoss(fmt::format("{}: is damaged: not a JSON object", path));
  return json;
}

std::string Text(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : "";
}
template <typename T>
T Number(const Json& json, const char* key) {
  auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<T>() : T();
}

Json TimeOrNull(Timestamp at) { return at == kTimeZero ? Json(nullptr) : Json(FormatTime(at)); }

Timestamp Time(const Json& json, const char* key) {
  StatusOr<Timestamp> at = ParseTime(Text(json, key));
  return at.ok() ? *at : kTimeZero;
}

std::string ClockPath(const std::string& state_dir) { return state_dir + "/clock.json"; }

}  // namespace

std::string IdentityPath(const std::string& state_dir) { return state_dir + "/identity.json"; }
std::string StatusPath(const std::string& state_dir) { return state_dir + "/status.json"; }

StatusOr<ProbeIdentityFile> LoadIdentity(const std::string& state_dir) {
  std::string path = IdentityPath(state_dir);
  StatusOr<Json> loaded = LoadObject(path);
  if (loaded.status().code() == Code::kNotFound) {
    return NotFound(
        fmt::format("{}: this probe is not enrolled; run `forewarn-probe enrol --collector "
                    "HOST:PORT --token-file FILE "
                    "--state-dir {}`",
                    path, state_dir));
  }
  FW_ASSIGN_OR_RETURN(Json json, std::move(loaded));
  ProbeIdentityFile identity;
  identity.collector = Text(json, "collector");
  identity.server_name = Text(json, "server_name");
  identity.customer = Text(json, "customer");
  identity.installation = Text(json, "installation");
  identity.probe = Text(json, "probe");
  identity.ca_pem = Text(json, "ca");
  identity.certificate_pem = Text(json, "certificate");
  identity.key_pem = Text(json, "key");
  identity.enrolled_at = Time(json, "enrolled_at");
  if (identity.probe.empty() || identity.ca_pem.empty() || identity.certificate_pem.empty() ||
      identity.key_pem.empty()) {
    return DataLoss(
        fmt::format("{}: is not complete; enrol again with --force and a new token", path));
  }
  return identity;
}

Status SaveIdentity(const std::string& state_dir, const ProbeIdentityFile& identity) {
  Json json;
  json["customer"] = identity.customer;
  json["installation"] = identity.installation;
  json["probe"] = identity.probe;
  json["collector"] = identity.collector;
  json["server_name"] = identity.server_name;
  json["enrolled_at"] = TimeOrNull(identity.enrolled_at);
  json["ca"] = identity.ca_pem;
  json["certificate"] = identity.certificate_pem;
  json["key"] = identity.key_pem;
  FW_RETURN_IF_ERROR(MakeDirs(state_dir, 0700));
  return WriteFileAtomically(IdentityPath(state_dir), Dump(json), 0600);
}

std::string StatusJson(const ProbeStatus& status) {
  Json json;
  json["written_at"] = TimeOrNull(status.written_at);
  json["running"] = status.running;
  json["started_at"] = TimeOrNull(status.started_at);
  json["version"] = status.version;
  json["customer"] = status.customer;
  json["installation"] = status.installation;
  json["probe"] = status.probe;
  json["collector"] = status.collector;
  json["connected"] = status.connected;
  json["last_contact"] = TimeOrNull(status.last_contact);
  json["last_ack"] = TimeOrNull(status.last_ack);
  json["last_error"] = status.last_error;
  json["last_refusal"] = status.last_refusal;
  json["clock_offset_ms"] = status.clock_offset_ms;
  json["interval_ms"] = status.interval.count();
  json["rounds"] = status.rounds;
  json["last_round"] = TimeOrNull(status.last_round);
  json["spool_bytes"] = status.spool_bytes;
  json["spool_records"] = status.spool_records;
  json["spool_oldest"] = TimeOrNull(status.spool_oldest);
  json["spool_under_way"] = status.spool_under_way;
  json["spool_max_bytes"] = status.spool_max_bytes;
  json["gap_total"] = status.gap_total;
  json["gaps"] = Json::array();
  for (const Gap& gap : status.gaps) {
    Json one;
    one["kind"] = gap.kind;
    one["reason"] = gap.reason;
    one["count"] = gap.count;
    one["from"] = TimeOrNull(gap.from);
    one["to"] = TimeOrNull(gap.to);
    json["gaps"].push_back(std::move(one));
  }
  json["kept_back"] = status.kept_back;
  json["left_out"] = status.left_out;
  Json& sent = json["sent"];
  sent["batches"] = status.sent.batches;
  sent["samples"] = status.sent.samples;
  sent["events"] = status.sent.events;
  sent["checks"] = status.sent.checks;
  sent["facts"] = status.sent.facts;
  sent["changes"] = status.sent.changes;
  json["ledger"] = status.ledger;
  json["certificate_expires_at"] = TimeOrNull(status.certificate_expires_at);
  json["source_errors"] = status.source_errors;
  return Dump(json);
}

Status SaveStatus(const std::string& state_dir, const ProbeStatus& status) {
  return WriteFileAtomically(StatusPath(state_dir), StatusJson(status), 0644);
}

StatusOr<ProbeStatus> LoadStatus(const std::string& state_dir) {
  std::string path = StatusPath(state_dir);
  StatusOr<Json> loaded = LoadObject(path);
  if (loaded.status().code() == Code::kNotFound) {
    return NotFound(fmt::format("{}: the probe has not run yet; start `forewarn-probe run`", path));
  }
  FW_ASSIGN_OR_RETURN(Json json, std::move(loaded));
  ProbeStatus status;
  status.written_at = Time(json, "written_at");
  status.running = json.value("running", Json(true)) != Json(false);
  status.started_at = Time(json, "started_at");
  status.version = Text(json, "version");
  status.customer = Text(json, "customer");
  status.installation = Text(json, "installation");
  status.probe = Text(json, "probe");
  status.collector = Text(json, "collector");
  status.connected = json.value("connected", Json(false)) == Json(true);
  status.last_contact = Time(json, "last_contact");
  status.last_ack = Time(json, "last_ack");
  status.last_error = Text(json, "last_error");
  status.last_refusal = Text(json, "last_refusal");
  status.clock_offset_ms = Number<int64_t>(json, "clock_offset_ms");
  status.interval = Duration(Number<int64_t>(json, "interval_ms"));
  status.rounds = Number<uint64_t>(json, "rounds");
  status.last_round = Time(json, "last_round");
  status.spool_bytes = Number<int64_t>(json, "spool_bytes");
  status.spool_records = Number<uint64_t>(json, "spool_records");
  status.spool_oldest = Time(json, "spool_oldest");
  status.spool_under_way = Number<uint64_t>(json, "spool_under_way");
  status.spool_max_bytes = Number<int64_t>(json, "spool_max_bytes");
  status.gap_total = Number<uint64_t>(json, "gap_total");
  if (auto gaps = json.find("gaps"); gaps != json.end() && gaps->is_array()) {
    for (const Json& gap : *gaps) {
      if (!gap.is_object()) continue;
      status.gaps.push_back({Text(gap, "kind"), Text(gap, "reason"), Number<uint64_t>(gap, "count"),
                             Time(gap, "from"), Time(gap, "to")});
    }
  }
  status.kept_back = Number<uint64_t>(json, "kept_back");
  status.left_out = Number<uint64_t>(json, "left_out");
  if (auto sent = json.find("sent"); sent != json.end() && sent->is_object()) {
    status.sent.batches = Number<uint64_t>(*sent, "batches");
    status.sent.samples = Number<uint64_t>(*sent, "samples");
    status.sent.events = Number<uint64_t>(*sent, "events");
    status.sent.checks = Number<uint64_t>(*sent, "checks");
    status.sent.facts = Number<uint64_t>(*sent, "facts");
    status.sent.changes = Number<uint64_t>(*sent, "changes");
  }
  status.ledger = Text(json, "ledger");
  status.certificate_expires_at = Time(json, "certificate_expires_at");
  if (auto errors = json.find("source_errors"); errors != json.end() && errors->is_object()) {
    for (const auto& [name, error] : errors->items()) {
      if (error.is_string()) status.source_errors[name] = error.get<std::string>();
    }
  }
  return status;
}

std::optional<Duration> LoadClockOffset(const std::string& state_dir) {
  StatusOr<Json> json = LoadObject(ClockPath(state_dir));
  if (!json.ok()) return std::nullopt;
  auto found = json->find("offset_ms");
  if (found == json->end() || !found->is_number_integer()) return std::nullopt;
  return Duration(found->get<int64_t>());
}

Status SaveClockOffset(const std::string& state_dir, Duration offset) {
  Json json;
  json["offset_ms"] = offset.count();
  return WriteFileAtomically(ClockPath(state_dir), Dump(json), 0600);
}

StatusOr<StateMap> LoadStateMap(const std::string& path) {
  StateMap map;
  StatusOr<Json> loaded = LoadObject(path);
  if (loaded.status().code() == Code::kNotFound) return map;
  FW_ASSIGN_OR_RETURN(Json json, std::move(loaded));
  for (const auto& [name, value] : json.items()) {
    if (!value.is_string())
      return DataLoss(fmt::format("{}: is damaged: '{}' is no text", path, name));
    map[name] = value.get<std::string>();
  }
  return map;
}

Status SaveStateMap(const std::string& path, const StateMap& map) {
  return WriteFileAtomically(path, Dump(Json(map)), 0600);
}

}  // namespace forewarn

#include "rules/stream.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "base/record.h"

namespace forewarn {
namespace {

constexpr std::string_view kRecordedPrefix = "recorded/";

std::string RecordedPrefix(const std::string& stream) {
  return fmt::format("{}{}/", kRecordedPrefix, stream);
}
std::string RecordedId(Fingerprint rule, const std::string& stream) {
  return RecordedPrefix(stream) + rule.ToString();
}

}  // namespace

std::string StreamId(const std::string& customer, const std::string& installation,
                     const std::string& probe) {
  return probe.empty() ? fmt::format("grid/{}/{}", customer, installation) : "probe/" + probe;
}

Timestamp Stream::now() const {
  Timestamp now = last_round;
  for (const auto& [group, instant] : instants) now = std::max(now, instant);
  return now;
}

Timestamp* Stream::FindInstant(Fingerprint group) {
  for (auto& [key, instant] : instants) {
    if (key == group) return &instant;
  }
  return nullptr;
}

std::optional<Duration> Stream::Backlog() const {
  std::optional<Duration> backlog;
  if (!waiting.empty()) backlog = waiting.back().end - waiting.front().end;
  for (const auto& [group, target] : targets) {
    for (const auto& [key, instant] : instants) {
      if (key == group) backlog = std::max(backlog.value_or(Duration(0)), target - instant);
    }
  }
  return backlog;
}

void StreamBook::Index(const std::string& id, const Keys& keys) {
  if (auto at = keys_.find(id); at != keys_.end()) {
    const Keys& before = at->second;
    if (before.due) due_.erase({*before.due, id});
    if (before.backlog) behind_.erase({*before.backlog, id});
    keys_.erase(at);
  }
  if (!keys.due && !keys.backlog) return;
  if (keys.due) due_.emplace(*keys.due, id);
  if (keys.backlog) behind_.emplace(*keys.backlog, id);
  keys_[id] = keys;
}

Status StreamBook::Restore(std::string_view id, std::string_view record) {
  if (id.starts_with(kRecordedPrefix)) {
    FW_ASSIGN_OR_RETURN(recorded_[std::string(id)], DecodeRecord<RecordedState>(record));
    return OkStatus();
  }
  FW_ASSIGN_OR_RETURN(Stream stream, DecodeRecord<Stream>(record));
  if (stream.id() != id)
    return DataLoss(fmt::format("a stream of rules that calls itself {}", stream.id()));
  Index(std::string(id), {stream.catch_up.due(), stream.Backlog()});
  streams_.insert_or_assign(std::string(id), std::move(stream));
  return OkStatus();
}

Stream& StreamBook::Get(const std::string& customer, const std::string& installation,
                        const std::string& probe) {
  auto [it, is_new] = streams_.try_emplace(StreamId(customer, installation, probe));
  if (is_new) {
    it->second.customer = customer;
    it->second.installation = installation;
    it->second.probe = probe;
  }
  return it->second;
}

Stream* StreamBook::Find(const std::string& id) {
  auto it = streams_.find(id);
  return it == streams_.end() ? nullptr : &it->second;
}

void StreamBook::Touch(const Stream& stream) {
  std::string id = stream.id();
  Index(id, {stream.catch_up.due(), stream.Backlog()});
  dirty_.insert(std::move(id));
}

void StreamBook::Remove(const std::string& id) {
  if (streams_.erase(id) > 0) dirty_.insert(id);
  Index(id, {});
  const std::string prefix = RecordedPrefix(id);
  auto it = recorded_.lower_bound(prefix);
  while (it != recorded_.end() && it->first.starts_with(prefix)) {
    dirty_.insert(it->first);
    it = recorded_.erase(it);
  }
}

StreamBook::Recorded StreamBook::GetRecorded(Fingerprint rule, const std::string& stream) const {
  auto it = recorded_.find(RecordedId(rule, stream));
  return it == recorded_.end() ? Recorded() : it->second.series;
}

std::vector<Fingerprint> StreamBook::RecordersIn(const std::string& stream) const {
  std::vector<Fingerprint> rules;
  const std::string prefix = RecordedPrefix(stream);
  for (auto it = recorded_.lower_bound(prefix);
       it != recorded_.end() && it->first.starts_with(prefix); ++it) {
    uint64_t key = 0;
    const char* end = it->first.data() + it->first.size();
    if (std::from_chars(it->first.data() + prefix.size(), end, key, 16).ptr == end) {
      rules.emplace_back(key);
    }
  }
  return rules;
}

void StreamBook::SetRecorded(Fingerprint rule, const std::string& stream, Recorded recorded) {
  std::string id = RecordedId(rule, stream);
  if (recorded.empty()) {
    recorded_.erase(id);
  } else {
    recorded_[id].series = std::move(recorded);
  }
  dirty_.insert(std::move(id));
}

void StreamBook::KeepOnly(const std::set<Fingerprint>& groups, const std::set<Fingerprint>& rules) {
  for (auto& [id, stream] : streams_) {
    auto is_gone = [&](const auto& item) { return !groups.contains(item.first); };
    std::erase_if(stream.targets, is_gone);
    const bool is_next_gone = stream.next && !rules.contains(stream.next->key);
    if (is_next_gone) stream.next.reset();
    if (std::erase_if(stream.instants, is_gone) > 0 || is_next_gone) Touch(stream);
  }
  std::set<std::string> rule_names;
  for (Fingerprint rule : rules) rule_names.insert(rule.ToString());
  std::erase_if(recorded_, [&](const auto& item) {
    if (rule_names.contains(item.first.substr(item.first.rfind('/') + 1))) return false;
    dirty_.insert(item.first);
    return true;
  });
}

std::optional<Timestamp> StreamBook::OldestWaiting(const std::string& customer,
                                                   const std::string& installation) const {
  std::optional<Timestamp> oldest;
  for (const auto& [backlog, id] : behind_) {
    const Stream& stream = streams_.find(id)->second;
    if (stream.waiting.empty()) continue;
    if (stream.customer != customer || stream.installation != installation) continue;
    const Timestamp end = stream.waiting.front().end;
    if (!oldest || end < *oldest) oldest = end;
  }
  return oldest;
}

void StreamBook::TakeChanges(std::vector<StatePut>& out) {
  for (const std::string& id : dirty_) {
    std::string record;
    if (auto stream = streams_.find(id); stream != streams_.end()) {
      record = EncodeRecord(stream->second);
    } else if (auto recorded = recorded_.find(id); recorded != recorded_.end()) {
      record = EncodeRecord(recorded->second);
    }
    out.push_back({StateKind::kRules, id, std::move(record)});
  }
  dirty_.clear();
}

}  // namespace forewarn

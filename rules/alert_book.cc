#include "rules/alert_book.h"

#include "base/check.h"
#include "base/record.h"

namespace forewarn {

Status AlertBook::Restore(std::string_view record) {
  FW_ASSIGN_OR_RETURN(AlertRecord alert, DecodeRecord<AlertRecord>(record));
  if (alerts_.contains(alert.life.alert.id)) return DataLoss("two alerts with one id");
  Add(std::move(alert));
  dirty_.clear();
  return OkStatus();
}

AlertRecord* AlertBook::Find(Fingerprint id) {
  auto it = alerts_.find(id);
  return it == alerts_.end() ? nullptr : &it->second;
}

AlertRecord& AlertBook::Add(AlertRecord record) {
  Fingerprint id = record.life.alert.id;
  std::set<Fingerprint>& index = by_stream_[{record.stream, record.rule}];
  if (index.empty()) ++streams_of_[record.rule];
  index.insert(id);
  dirty_.insert(id);
  auto [it, is_new] = alerts_.emplace(id, std::move(record));
  FW_CHECK(is_new);
  IndexProbes(id, it->second.life.alert.probes);
  return it->second;
}

void AlertBook::Touch(Fingerprint id) {
  dirty_.insert(id);
  if (auto it = alerts_.find(id); it != alerts_.end()) {
    IndexProbes(id, it->second.life.alert.probes);
  }
}

void AlertBook::IndexProbes(Fingerprint id, const std::vector<std::string>& probes) {
  auto indexed = probes_.find(id);
  if (indexed != probes_.end() && indexed->second == probes) return;
  if (indexed != probes_.end()) {
    for (const std::string& probe : indexed->second) {
      auto of_probe = by_probe_.find(probe);
      of_probe->second.erase(id);
      if (of_probe->second.empty()) by_probe_.erase(of_probe);
    }
    probes_.erase(indexed);
  }
  if (probes.empty()) return;
  for (const std::string& probe : probes) by_probe_[probe].insert(id);
  probes_.emplace(id, probes);
}

void AlertBook::Remove(Fingerprint id) {
  auto it = alerts_.find(id);
  FW_CHECK(it != alerts_.end());
  auto index = by_stream_.find({it->second.stream, it->second.rule});
  index->second.erase(id);
  if (index->second.empty()) {
    by_stream_.erase(index);
    auto streams = streams_of_.find(it->second.rule);
    if (--streams->second == 0) streams_of_.erase(streams);
  }
  IndexProbes(id, {});
  alerts_.erase(it);
  dirty_.insert(id);
}

bool AlertBook::HasAny(Fingerprint rule) const { return streams_of_.contains(rule); }

std::vector<Fingerprint> AlertBook::RulesIn(const std::string& stream) const {
  std::vector<Fingerprint> rules;
  for (auto it = by_stream_.lower_bound({stream, Fingerprint()});
       it != by_stream_.end() && it->first.first == stream; ++it) {
    rules.push_back(it->first.second);
  }
  return rules;
}

std::vector<Fingerprint> AlertBook::Of(Fingerprint rule, const std::string& stream) const {
  auto it = by_stream_.find({stream, rule});
  if (it == by_stream_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

std::vector<Fingerprint> AlertBook::OfProbe(const std::string& probe) const {
  auto it = by_probe_.find(probe);
  if (it == by_probe_.end()) return {};
  return {it->second.begin(), it->second.end()};
}

void AlertBook::TakeChanges(std::vector<StatePut>& out) {
  for (Fingerprint id : dirty_) {
    auto it = alerts_.find(id);
    out.push_back(
        {StateKind::kAlert, id.ToString(), it == alerts_.end() ? "" : EncodeRecord(it->second)});
  }
  dirty_.clear();
}

}  // namespace forewarn

#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status.h"
#include "model/commit.h"
#include "rules/alert_state.h"

namespace forewarn {

// An alert with what the engine alone needs. Its record is an Alert's with fields from 100 on, so
// whoever wants the alert reads it as one.
struct AlertRecord {
  AlertLife life;
  Fingerprint rule;    // key of the PreparedRule
  std::string stream;  // id of the stream whose evaluations move it
  Labels result;       // labels of the expression's result

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    Alert::Fields(self.life.alert, visit);
    visit(100, self.life.gone_since);
    visit(101, self.rule);
    visit(102, self.stream);
    visit(103, self.result);
    visit(104, self.life.told_breach);
  }
};

// The living alerts of a partition: pending, firing and unknown. Keeps count of what must be stored
// anew. Not thread-safe.
class AlertBook {
 public:
  Status Restore(std::string_view record);

  // Null when there is none. What the caller changes it must Touch().
  AlertRecord* Find(Fingerprint id);
  // `record.life.alert.id` must be new.
  AlertRecord& Add(AlertRecord record);
  void Touch(Fingerprint id);
  void Remove(Fingerprint id);

  // Whether the rule has any, in whatever stream.
  bool HasAny(Fingerprint rule) const;
  // Keys of the rules that have some in this stream.
  std::vector<Fingerprint> RulesIn(const std::string& stream) const;
  // Ids, ascending.
  std::vector<Fingerprint> Of(Fingerprint rule, const std::string& stream) const;
  // Those that rest on the probe's data, as of when they were touched last.
  std::vector<Fingerprint> OfProbe(const std::string& probe) const;
  const std::map<Fingerprint, AlertRecord>& all() const { return alerts_; }

  // Appends the records that changed since the last call.
  void TakeChanges(std::vector<StatePut>& out);

 private:
  void IndexProbes(Fingerprint id, const std::vector<std::string>& probes);

  std::map<Fingerprint, AlertRecord> alerts_;
  // By stream and the key of the rule; and in how many streams each rule has some, which is asked at each evaluation.
  std::map<std::pair<std::string, Fingerprint>, std::set<Fingerprint>> by_stream_;
  std::map<Fingerprint, size_t> streams_of_;
  // By UUID; and the other way round, as it is there.
  std::map<std::string, std::set<Fingerprint>> by_probe_;
  std::map<Fingerprint, std::vector<std::string>> probes_;
  std::set<Fingerprint> dirty_;
};

}  // namespace forewarn

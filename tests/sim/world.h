#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/rng.h"
#include "collector/shard.h"
#include "model/entry.h"
#include "notifier/dispatcher.h"
#include "notifier/receiver.h"
#include "store/memory_store.h"

namespace forewarn::sim {

// A whole Forewarn in one thread and in virtual time: probes that push, a network that breaks, a
// collector that is killed, a disk that refuses, receivers that fail, a clock that jumps.
// Everything that is decided by chance is decided by one seed, so a failure repeats.
//
// Strategy. The product's own fold, store interface, dispatcher and contacts run; what surrounds
// them (streams, queues, threads) is modelled by explicit steps, so that a crash can fall between
// any two of them:
//
//   probe round -> spool -> message under way -> entry queued -> folded -> written -> acknowledged
//                                                                   \-> outbox -> sent -> reported
//
// Invariants, checked after every step (Check()) and, the costly ones, after every restart and at
// the end:
//   A  What was acknowledged is durable.
//   B  Every batch that is durable is in the series exactly once, with its values.
//   C  What a receiver got stands in the durable outbox, and one id has one content.
//   D  There are never two open tickets for one problem, nor two tickets with one number.
//   E  Nothing resolves on silence: every resolution rests on data with a later event time.
// and once the faults have stopped and everything has come to rest (Settle()):
//   F  Every produced batch is durable, every notification is delivered or given up, by its own
//      record.
//   G  The intervals of the alerts are those of a run without faults.
struct Faults {
  double break_stream = 0.01;  // a step breaks one probe's stream
  double kill_collector = 0.004;
  double fail_write = 0.003;   // the disk refuses; the process ends, as it must
  double fail_delivery = 0.3;  // an attempt to deliver fails
  double jump_clock = 0.002;   // the collector's wall clock jumps by up to two minutes
  double pause_probe = 0.001;  // a probe is cut off for up to twenty minutes
};
inline constexpr Faults kNoFaults = {0, 0, 0, 0, 0, 0};

// Mistakes that the simulator makes on purpose, to show that its checks see them.
enum class Canary { kNone, kAckBeforeCommit, kForgetSequence, kSendBeforeCommit };

struct Interval {
  std::string labels;
  Timestamp active_since;
  Timestamp fired_at;
  Timestamp ended_at;

  friend auto operator<=>(const Interval&, const Interval&) = default;
};

class World {
 public:
  World(uint64_t seed, Faults faults, Canary canary);
  ~World();

  // Does one thing, chosen by chance, and checks the invariants.
  void Step();
  // Stops the faults, lets everything come to rest and checks the rest.
  void Settle();

  // Sentences about what was broken; empty is good. The run goes on after the first.
  const std::vector<std::string>& violations() const { return violations_; }
  // How the alerts went, by event time: those that resolved.
  std::vector<Interval> Intervals() const;
  // Everything that receivers got, by the id of its notification.
  const std::map<std::string, std::string>& Delivered() const;
  // Probes produce until this event time, whatever the seed, so that runs can be compared.
  static Timestamp ProductionEnd();
  bool production_ended() const { return event_now_ >= ProductionEnd(); }

 private:
  struct Probe;
  struct Packet;
  struct Process;
  class FakeSender;

  void StartProcess();
  void Kill();
  void ProduceRounds();
  void DeliverMessages();
  void Connect(Probe& probe);
  void SendBatches(Probe& probe);
  void Fold();
  void Write();
  void Dispatch();
  void Violate(std::string what);
  void Check();
  void CheckSeries();
  void CheckResolution(const HistoryRow& row);

  const Canary canary_;
  Faults faults_;
  Rng rng_;
  ManualClock clock_;    // the collector's
  Timestamp event_now_;  // true time, which the probes have
  MemoryStore store_;
  std::vector<Probe> probes_;
  std::vector<Packet> network_;  // in order of arrival
  std::unique_ptr<FakeSender> sender_;
  std::unique_ptr<Process> process_;
  uint64_t sessions_ = 0;
  std::vector<std::string> violations_;
};

}  // namespace forewarn::sim

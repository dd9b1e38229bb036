#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "base/record.h"
#include "base/status.h"
#include "collector/entry_source.h"
#include "collector/metrics.h"
#include "collector/shard.h"
#include "config/collector_settings.h"
#include "model/entry.h"
#include "model/telemetry.h"

namespace forewarn::v1 {
class Ack;
class Welcome;
}  // namespace forewarn::v1

namespace forewarn {

// What every stream and every call of the push door does with what it has read: makes entries of it, and says
// what became of them. Fixed after construction; thread-safe. The loans outlive it.
struct Intake {
  EntrySink& sink;
  Metrics& metrics;
  const Clock& clock;
  const LimitSettings limits;

  // Entries that arrive now. The caller sets `done`.
  Submission Hello(const HelloCommand& hello) const;
  // `rounds_ahead`: how many of its rounds were left out.
  Submission Take(Batch batch, uint64_t& rounds_ahead) const;

  v1::Welcome Welcome(const HelloCommand& hello, const HelloReply& reply) const;

  // kResourceExhausted when a message of so many bytes is above the limit.
  Status CheckSize(size_t bytes) const;

  // Counts a batch that was applied, or known already.
  void Count(size_t samples, bool repeated, const BatchReply& reply) const;
  // Counts a batch that cannot be taken, and says so in the log.
  void Refuse(const ProbeIdentity& probe, const Status& why) const;
};

// What was left out of the batches that one ack covers. One owner.
class RefusalSum {
 public:
  void Add(const BatchReply& reply, uint64_t rounds_ahead);
  // Writes what there is into the ack, and starts again from nothing.
  void MoveTo(const LimitSettings& limits, v1::Ack& ack);

 private:
  BatchReply sum_;
  uint64_t rounds_ahead_ = 0;
};

// What a shard answered.
template <typename T>
T DecodeReply(const std::string& reply) {
  StatusOr<T> decoded = DecodeRecord<T>(reply);
  FW_CHECK(decoded.ok());  // our own shard wrote it
  return *decoded;
}

}  // namespace forewarn

#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/telemetry.h"
#include "probe/reading.h"
#include "probe/spool_format.h"
#include "probe/spool_segments.h"

namespace forewarn {

struct SpoolOptions {
  std::string folder;
  int64_t max_bytes = 256 << 20;    // of all segments
  int64_t segment_bytes = 1 << 20;  // a segment is closed beyond this; the grain of dropping
  Duration max_age = 7 * 24h;  // older records are not worth sending: the collector takes 8 days
  bool sync = true;            // false: survives a kill, not a power loss
};

// What goes in: one part of a round, small enough for one push.
struct SpoolItem {
  Timestamp at;  // event time of the round
  std::vector<Reading> samples;
  std::vector<Round> rounds;  // set in a round's last part
  Reports reports;
};

// What comes out: a batch with the name it has for ever.
struct SpooledBatch {
  uint64_t epoch = 0;
  uint64_t sequence = 0;
  SpoolItem item;
  std::vector<Gap> gaps;
};

struct SpoolStats {
  int64_t bytes = 0;
  uint64_t waiting = 0;    // records not sealed yet
  uint64_t under_way = 0;  // sealed and not acknowledged
  Timestamp oldest;        // of what waits or is under way; kTimeZero for nothing
  uint64_t gap_total = 0;  // items ever declared lost
  uint64_t epoch = 0;
  uint64_t acked = 0;
};

// What was read and is not yet known to be safe at the collector. Survives kill -9 at any moment,
// and a power loss: Append() returns when its records are synced, Seal() when the number is.
//
// Life of a record: Append() gives it an id and a place in a file. Seal() makes a batch of the
// oldest id and gives it the next sequence, durably, before anybody can send it; from then on the
// batch never changes, so one sequence never means two things. Ack() forgets it. Until it is sealed
// a record may be dropped: when the spool is beyond max_bytes (the oldest samples go first, reports
// only when no samples are left), or older than max_age. Whatever is dropped, damaged, or could not
// be written is counted in a Gap, which travels with the next batch: delivered + declared gaps =
// appended.
//
// Damage: what follows a damaged place in one segment is set aside in quarantine-* and declared; a
// damaged manifest starts a new epoch and sends everything that is still here again. Open() fails
// only when the folder cannot be used at all or another process uses it.
//
// Owned by the agent; not thread-safe.
class Spool {
 public:
  static StatusOr<std::unique_ptr<Spool>> Open(const SpoolOptions& options, Timestamp now);
  ~Spool();
  Spool(const Spool&) = delete;
  Spool& operator=(const Spool&) = delete;

  // An error: some of the item is not kept, and that is counted in a gap (spool_full); with
  // `if_lost` kBroughtAgain no report is counted, since the caller has them still.
  enum class IfLost { kGone, kBroughtAgain };
  Status Append(const SpoolItem& item, Timestamp now, IfLost if_lost = IfLost::kGone);

  // Counts what never came in as lost, in a gap of the next batch.
  void Declare(std::string_view kind, std::string_view reason, uint64_t count, Timestamp at);

  // The next batch that was never sent; nothing when all is under way. Error: the number could not
  // be made durable, so nothing may be sent.
  StatusOr<std::optional<SpooledBatch>> Seal(Timestamp now);

  // Sequences under way, in order: to be sent again after a reconnect.
  std::vector<uint64_t> UnderWay() const;
  // One of them again. What cannot be read any more is replaced by a gap.
  StatusOr<SpooledBatch> Load(uint64_t sequence);

  // Everything up to `sequence` is safe. Acks of another epoch, or of what was never sealed, change
  // nothing.
  void Ack(uint64_t epoch, uint64_t sequence);

  // The collector will never take this batch: its content becomes a gap (refused), which is what
  // the sequence then carries, with the ends of its rounds.
  Status Refuse(uint64_t sequence);

  // Takes over what the collector says it has. When its word and ours cannot both be true (either
  // side was restored from an old copy, or the folder was cloned), starts a new epoch and returns
  // true: what is here is numbered and sent anew.
  StatusOr<bool> Reconcile(uint64_t epoch, uint64_t sequence, Timestamp now);

  SpoolStats stats() const;
  // All that was ever declared lost in this folder: one for each kind and reason.
  const std::vector<Gap>& lost() const { return manifest_.lost; }

 private:
  Spool(SpoolOptions options, int lock)
      : options_(std::move(options)),
        lock_(lock),
        samples_(SpoolClass::kSamples, options_.folder, options_.sync),
        reports_(SpoolClass::kReports, options_.folder, options_.sync) {}

  Status Load(Timestamp now);
  Status LoadSegments(SpoolSegments& segments);
  Status Persist();
  void DropRecord(SpoolSegments& segments, uint64_t id, std::string_view reason);
  Status DropToFit();
  void DropExpired(Timestamp now);
  // Counts a record as lost, in gaps that wait for a batch or are a batch's.
  void Lose(std::vector<Gap>& gaps, const SpoolFrame& frame, std::string_view reason);
  void Lose(std::vector<Gap>& gaps, const SpoolCounts& counts, std::string_view reason,
            Timestamp from, Timestamp to);
  bool IsUnderWay(SpoolClass which, uint64_t id) const;
  uint64_t& FloorOf(SpoolClass which);
  int64_t bytes() const { return samples_.bytes() + reports_.bytes(); }

  // Fixed after construction.
  const SpoolOptions options_;
  const int lock_;

  // Changes.
  SpoolManifest manifest_;
  SpoolSegments samples_;
  SpoolSegments reports_;
};

}  // namespace forewarn

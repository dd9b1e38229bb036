#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/telemetry.h"
#include "probe/reading.h"
#include "probe/spool_format.h"

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

  // An error: nothing of the item is kept, and it is counted in a gap (spool_full).
  Status Append(const SpoolItem& item, Timestamp now);

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

 private:
  struct Segment {
    uint64_t number = 0;
    uint64_t first_id = 0;
    uint64_t last_id = 0;
    int64_t size = 0;
  };
  struct Record {
    uint64_t segment = 0;
    SpoolRecordPlace place;
  };
  struct Lane {
    SpoolClass which = SpoolClass::kSamples;
    std::deque<Segment> segments;
    std::map<uint64_t, Record> records;  // by id: all that waits or is under way
    int fd = -1;                         // of the last segment, open for appending
    bool closed = true;                  // the last segment takes no more
    SeriesNumbers numbers;               // of the last segment
    // Reading goes forward, so the names of one segment at a time are kept.
    uint64_t names_segment = 0;
    uint64_t names_to = 0;  // offset up to which names were taken
    std::vector<SeriesName> names;
    uint64_t next_segment = 1;
  };

  Spool(SpoolOptions options, int lock) : options_(std::move(options)), lock_(lock) {}

  Status Load(Timestamp now);
  Status LoadLane(Lane& lane);
  Status SetAside(Lane& lane, Segment& segment, std::string_view bytes, const SpoolScan& scan);
  Status Write(Lane& lane, SpoolFrame frame, const std::string& payload);
  StatusOr<std::string> ReadPayload(const Lane& lane, const Record& record);
  StatusOr<std::string> ReadPayloadWithNames(Lane& lane, const Record& record);
  Status StartSegment(Lane& lane);
  void CloseSegment(Lane& lane);
  Status Persist();
  void RemoveFinishedSegments(Lane& lane);
  void DropRecord(Lane& lane, std::map<uint64_t, Record>::iterator record, std::string_view reason);
  Status DropToFit();
  void DropExpired(Timestamp now);
  void AddGap(std::string_view kind, std::string_view reason, uint64_t count, Timestamp from,
              Timestamp to);
  void AddGaps(const SpoolCounts& counts, std::string_view reason, Timestamp at);
  bool IsUnderWay(SpoolClass which, uint64_t id) const;
  std::string PathOf(const Lane& lane, uint64_t segment) const;
  int64_t bytes() const;

  const SpoolOptions options_;
  const int lock_;

  SpoolManifest manifest_;
  Lane samples_;
  Lane reports_;
};

}  // namespace forewarn

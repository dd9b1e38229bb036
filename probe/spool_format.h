#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/status.h"
#include "base/time.h"
#include "model/telemetry.h"
#include "probe/reading.h"

namespace forewarn {

// The bytes of the spool's files; the grammar is at the top of spool_format.cc. Pure: no file is
// opened here.

// The two classes have files of their own, so that samples can be dropped before reports are.
enum class SpoolClass : uint8_t { kSamples = 1, kReports = 2 };

// How much a record holds, by the kinds that a Gap may name.
struct SpoolCounts {
  uint64_t samples = 0;
  uint64_t events = 0;
  uint64_t checks = 0;
  uint64_t facts = 0;
  uint64_t changes = 0;

  friend bool operator==(const SpoolCounts&, const SpoolCounts&) = default;

  SpoolCounts& operator+=(const SpoolCounts& other);
  // As far as there is something to take from.
  SpoolCounts& operator-=(const SpoolCounts& other);

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.samples);
    visit(2, self.events);
    visit(3, self.checks);
    visit(4, self.facts);
    visit(5, self.changes);
  }
};

// Stands before and behind each record's payload, so that the loss of a payload, or of one frame,
// can be declared by number.
struct SpoolFrame {
  uint64_t id = 0;  // grows from record to record; equal in both classes for what belongs together
  Timestamp at;
  SpoolCounts counts;
  uint64_t payload_size = 0;
  uint64_t payload_hash = 0;
};

// A reader refuses what is above. Fields may be added to the manifest without another format.
inline constexpr uint64_t kSpoolFormat = 1;

inline constexpr size_t kSpoolHeaderSize = 9;
inline constexpr size_t kSpoolFrameSize = 84;

std::string SpoolHeader(SpoolClass which);
bool IsSpoolHeader(std::string_view bytes, SpoolClass which);
// The refusal of a newer format, to stand behind the name of what was refused.
Status NewerSpool(uint64_t format);
// Of a segment of this or of a newer format; 0 for what is no segment.
uint64_t SegmentFormat(std::string_view bytes);
std::string EncodeSpoolFrame(const SpoolFrame& frame);
// Nothing unless `bytes` begins with a whole frame with a good checksum.
std::optional<SpoolFrame> DecodeSpoolFrame(std::string_view bytes);

struct SpoolRecordPlace {
  SpoolFrame frame;
  uint64_t offset = 0;  // of the first frame
  uint64_t end = 0;     // behind the second frame
};

// What a segment holds.
struct SpoolScan {
  std::vector<SpoolRecordPlace> records;  // the good ones, all before the first damage
  uint64_t good_size = 0;        // where the first damage begins; the size when there is none
  std::vector<SpoolFrame> lost;  // records behind the damage that are known by a frame
};
// `after`: ids at most this are impossible here, and count as damage.
SpoolScan ScanSegment(std::string_view bytes, SpoolClass which, uint64_t after);

// The names of a segment's series, in the order of their first use; a record uses numbers for them.
class SeriesNumbers {
 public:
  // The series' number; a new one when it has none yet.
  uint32_t Number(const SeriesName& series);
  uint32_t size() const { return static_cast<uint32_t>(numbers_.size()); }
  void Clear() { numbers_.clear(); }

 private:
  std::unordered_map<SeriesName, uint32_t> numbers_;
};

struct SamplesPart {
  Timestamp at;
  std::vector<Reading> samples;
  std::vector<Round> rounds;
};
// Writes the names that `numbers` did not have yet into the payload.
std::string EncodeSamples(const SamplesPart& part, SeriesNumbers& numbers);
// `names` holds the names of the records before this one in the segment, or of more; it grows by
// those that are new here. DATA_LOSS when the payload is not one.
StatusOr<SamplesPart> DecodeSamples(std::string_view payload, std::vector<SeriesName>& names);
// Only takes over the names.
Status DecodeNames(std::string_view payload, std::vector<SeriesName>& names);

// A batch that has its number: the records it is made of, and the gaps it declares. What is here
// never changes, except that a refused batch loses its records.
struct SealedBatch {
  uint64_t sequence = 0;
  uint64_t id = 0;  // of its records
  bool samples = false;
  bool reports = false;
  std::vector<Gap> gaps;
  std::vector<Round> rounds;  // of a refused batch, whose records are gone

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.sequence);
    visit(2, self.id);
    visit(3, self.samples);
    visit(4, self.reports);
    visit(5, self.gaps);
    visit(6, self.rounds);
  }
};

// A damaged end of a segment that was already declared as a gap and set aside.
struct SpoolDamage {
  SpoolClass which = SpoolClass::kSamples;
  uint64_t segment = 0;
  uint64_t good_size = 0;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.which);
    visit(2, self.segment);
    visit(3, self.good_size);
  }
};

// What a segment held that is still needed when the manifest was written, so that its loss can be
// declared when nothing of it is left to read.
struct SpoolSegmentNote {
  SpoolClass which = SpoolClass::kSamples;
  uint64_t segment = 0;
  SpoolCounts counts;
  Timestamp from;
  Timestamp to;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.which);
    visit(2, self.segment);
    visit(3, self.counts);
    visit(4, self.from);
    visit(5, self.to);
  }
};

// What the spool knows besides its records. Replaced as a whole, atomically.
struct SpoolManifest {
  uint64_t epoch = 0;
  uint64_t acked = 0;          // the last sequence that was acknowledged in this epoch
  uint64_t next_id = 1;        // records below it were sealed, or dropped
  uint64_t samples_floor = 0;  // samples below it and not sealed were dropped
  uint64_t reports_floor = 0;
  uint64_t last_id = 0;             // no record was ever given a higher id when this was written
  std::vector<SealedBatch> sealed;  // sequences acked + 1, acked + 2, …
  std::vector<Gap> gaps;            // not yet in a batch
  std::vector<SpoolDamage> damages;
  uint64_t gap_total = 0;  // items ever declared lost
  uint64_t format = kSpoolFormat;
  std::vector<SpoolSegmentNote> segments;
  std::vector<Gap> lost;  // all that was ever declared lost, by kind and reason

  uint64_t last_sequence() const { return sealed.empty() ? acked : sealed.back().sequence; }

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.epoch);
    visit(2, self.acked);
    visit(3, self.next_id);
    visit(4, self.samples_floor);
    visit(5, self.reports_floor);
    visit(6, self.last_id);
    visit(7, self.sealed);
    visit(8, self.gaps);
    visit(9, self.damages);
    visit(10, self.gap_total);
    visit(11, self.format);
    visit(12, self.segments);
    visit(13, self.lost);
  }
};
std::string EncodeManifest(const SpoolManifest& manifest);
// FAILED_PRECONDITION for a newer format, DATA_LOSS for what is damaged.
StatusOr<SpoolManifest> DecodeManifest(std::string_view bytes);

}  // namespace forewarn

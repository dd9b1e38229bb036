#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "probe/reading.h"
#include "probe/spool_format.h"

namespace forewarn {

// The files of one class of records: segments that grow at the end of the last one, are read
// forward, and go as a whole when no record in them is needed any more. It knows where each record
// lies; whether a record waits, was sent or may be dropped is the spool's to know.
//
// Owned by a Spool; not thread-safe.
class SpoolSegments {
 public:
  struct Record {
    uint64_t segment = 0;
    SpoolRecordPlace place;
  };
  using Records = std::map<uint64_t, Record>;  // by id

  // What was found on opening besides good records.
  struct Found {
    std::vector<SpoolFrame> lost;           // behind a damage, known by a frame
    std::vector<SpoolDamage> damages;       // not declared before; their bytes were set aside
    std::vector<SpoolSegmentNote> missing;  // what was noted and is in no record, good or lost
    uint64_t last_id = 0;                   // the highest that any file knows of
  };

  // `sync`: what is written survives a power loss.
  SpoolSegments(SpoolClass which, std::string folder, bool sync)
      : which_(which), folder_(std::move(folder)), sync_(sync) {}
  ~SpoolSegments() { Close(); }
  SpoolSegments(const SpoolSegments&) = delete;
  SpoolSegments& operator=(const SpoolSegments&) = delete;

  // Reads what is there, once and first. Records that are not `wanted` are passed over. Segments
  // are cut where the manifest says so, as far as reading goes; the files stay as they are until
  // CutOff(); one that cannot be read at all is set aside. Error: the folder cannot be listed, or
  // holds a segment of a newer format.
  StatusOr<Found> Open(const SpoolManifest& manifest,
                       const std::function<bool(uint64_t id)>& wanted);
  // Takes the damaged end off the file.
  Status CutOff(const SpoolDamage& damage) const;

  // A segment to append to: the last one, or a new one when that is longer than `limit` or closed.
  Status MakeRoom(int64_t limit);
  // The names of that segment, for encoding the record that is written next.
  SeriesNumbers& numbers() { return numbers_; }
  // Appends a record; payload_size and payload_hash of `frame` are filled in. An error: nothing of
  // it is kept. What could not be taken off the file again is added to `damages`.
  Status Write(SpoolFrame frame, const std::string& payload, std::vector<SpoolDamage>& damages);
  // The last segment takes no more.
  void Close();

  const Records& records() const { return records_; }
  // `id` must be one of records(). DATA_LOSS when it cannot be read or is not what was written.
  StatusOr<SamplesPart> ReadSamples(uint64_t id);
  StatusOr<Reports> ReadReports(uint64_t id);

  // The record is needed no more; its file goes with the last of them, at RemoveFinished().
  void Forget(uint64_t id);
  void RemoveFinished();
  // The last id in the oldest segment that holds nothing older than `next_id`, which is closed with
  // it; nothing when all of them do.
  std::optional<uint64_t> OldestFrom(uint64_t next_id);

  // For the manifest: what each segment holds that is still needed.
  void Note(std::vector<SpoolSegmentNote>& notes) const;

  SpoolClass which() const { return which_; }
  int64_t bytes() const;

 private:
  struct Segment {
    uint64_t number = 0;
    uint64_t first_id = 0;
    uint64_t last_id = 0;
    int64_t size = 0;
    SpoolCounts needed;  // in records_
    Timestamp from;      // of all that it ever held since it was opened
    Timestamp to;

    void Add(const SpoolFrame& frame);
  };

  Status OpenSegment(Segment segment, const SpoolManifest& manifest,
                     const std::function<bool(uint64_t id)>& wanted, Found& found);
  Status SetAside(const Segment& segment, std::string_view bytes, const SpoolScan& scan) const;
  Status StartSegment();
  StatusOr<std::string> ReadPayload(const Record& record) const;
  StatusOr<std::string> ReadPayloadWithNames(const Record& record);
  std::string PathOf(uint64_t segment) const;

  // Fixed after construction.
  const SpoolClass which_;
  const std::string folder_;
  const bool sync_;

  // Changes.
  std::deque<Segment> segments_;
  Records records_;
  uint64_t next_segment_ = 1;
  int fd_ = -1;         // of the last segment, open for appending
  bool closed_ = true;  // the last segment takes no more
  SeriesNumbers numbers_;
  // Reading goes forward, so the names of one segment at a time are kept.
  uint64_t names_segment_ = 0;
  uint64_t names_to_ = 0;  // offset up to which names were taken
  std::vector<SeriesName> names_;
};

}  // namespace forewarn

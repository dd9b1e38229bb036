#include "probe/spool_segments.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <system_error>

#include "base/file.h"
#include "base/fingerprint.h"
#include "base/log.h"
#include "base/record.h"
#include "probe/spool_files.h"

namespace forewarn {
namespace {

constexpr size_t kQuarantinesMax = 4;

std::string_view NameOf(SpoolClass which) {
  return which == SpoolClass::kSamples ? "samples" : "reports";
}

// `samples-00000000000000000007.seg` -> 7
bool ParseSegmentName(std::string_view name, SpoolClass which, uint64_t& number) {
  std::string prefix = fmt::format("{}-", NameOf(which));
  constexpr std::string_view kSuffix = ".seg";
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) return false;
  std::string_view digits =
      name.substr(prefix.size(), name.size() - prefix.size() - kSuffix.size());
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size();
}

}  // namespace

std::string SpoolSegments::PathOf(uint64_t segment) const {
  return fmt::format("{}/{}-{:020}.seg", folder_, NameOf(which_), segment);
}

int64_t SpoolSegments::bytes() const {
  int64_t sum = 0;
  for (const Segment& segment : segments_) sum += segment.size;
  return sum;
}

void SpoolSegments::Segment::Add(const SpoolFrame& frame) {
  from = from == kTimeZero ? frame.at : std::min(from, frame.at);
  to = std::max(to, frame.at);
  needed += frame.counts;
}

// ---- Opening

StatusOr<SpoolSegments::Found> SpoolSegments::Open(const SpoolManifest& manifest,
                                                   const std::function<bool(uint64_t id)>& wanted) {
  FW_ASSIGN_OR_RETURN(std::vector<std::string> names, ListDir(folder_));
  Found found;
  for (const SpoolDamage& damage : manifest.damages) {
    next_segment_ = std::max(next_segment_, damage.segment + 1);
  }
  for (const SpoolSegmentNote& note : manifest.segments) {
    if (note.which != which_) continue;
    next_segment_ = std::max(next_segment_, note.segment + 1);
    found.missing.push_back(note);
  }
  for (const std::string& name : names) {  // sorted, hence in the order of their numbers
    Segment segment;
    if (!ParseSegmentName(name, which_, segment.number)) continue;
    next_segment_ = std::max(next_segment_, segment.number + 1);
    FW_RETURN_IF_ERROR(OpenSegment(segment, manifest, wanted, found));
  }
  std::erase_if(found.missing,
                [](const SpoolSegmentNote& note) { return note.counts == SpoolCounts(); });
  for (const SpoolSegmentNote& note : found.missing) {
    FW_LOG(kError, "spool.records_missing",
           {{"path", PathOf(note.segment)},
            {"samples", note.counts.samples},
            {"events", note.counts.events},
            {"checks", note.counts.checks},
            {"facts", note.counts.facts},
            {"changes", note.counts.changes}});
  }
  return found;
}

Status SpoolSegments::OpenSegment(Segment segment, const SpoolManifest& manifest,
                                  const std::function<bool(uint64_t id)>& wanted, Found& found) {
  std::string path = PathOf(segment.number);
  StatusOr<std::string> bytes = ReadFile(path, 1 << 30);
  if (!bytes.ok()) {
    std::string aside =
        fmt::format("{}/quarantine-{}-{:020}", folder_, NameOf(which_), segment.number);
    FW_LOG(kError, "spool.segment_unreadable",
           {{"path", path}, {"error", bytes.status().message()}, {"set_aside", aside}});
    if (rename(path.c_str(), aside.c_str()) != 0)
      return PermissionDenied(fmt::format("{}: {}", path, SystemReason())).With("setting it aside");
    return OkStatus();
  }
  // Where there is a manifest it says so itself, and this is a damaged byte.
  bool alone = manifest.epoch == 0;
  if (uint64_t format = SegmentFormat(*bytes); alone && format > kSpoolFormat)
    return NewerSpool(format).With(folder_);
  auto known = std::find_if(manifest.damages.begin(), manifest.damages.end(),
                            [&](const SpoolDamage& damage) {
                              return damage.which == which_ && damage.segment == segment.number;
                            });
  if (known != manifest.damages.end()) bytes->resize(std::min(bytes->size(), known->good_size));

  SpoolScan scan = ScanSegment(*bytes, which_, found.last_id);
  if (scan.good_size < bytes->size()) {
    FW_RETURN_IF_ERROR(SetAside(segment, *bytes, scan));
    found.damages.push_back({which_, segment.number, scan.good_size});
  }
  for (const SpoolRecordPlace& place : scan.records) {
    found.last_id = std::max(found.last_id, place.frame.id);
    if (!wanted(place.frame.id)) continue;
    records_.emplace(place.frame.id, Record{segment.number, place});
    segment.Add(place.frame);
  }
  SpoolCounts accounted = segment.needed;
  for (const SpoolFrame& frame : scan.lost) {
    found.last_id = std::max(found.last_id, frame.id);
    if (!wanted(frame.id)) continue;
    found.lost.push_back(frame);
    accounted += frame.counts;
  }
  for (SpoolSegmentNote& note : found.missing) {
    if (note.segment == segment.number) note.counts -= accounted;
  }
  if (scan.records.empty()) {
    if (scan.good_size >= bytes->size()) unlink(path.c_str());
    return OkStatus();
  }
  segment.first_id = scan.records.front().frame.id;
  segment.last_id = scan.records.back().frame.id;
  segment.size = static_cast<int64_t>(scan.good_size);
  segments_.push_back(segment);
  return OkStatus();
}

Status SpoolSegments::SetAside(const Segment& segment, std::string_view bytes,
                               const SpoolScan& scan) const {
  std::string copy =
      fmt::format("{}/quarantine-{}-{:020}", folder_, NameOf(which_), segment.number);
  // The copy is for a person to look at; a full disk must not keep the probe from starting.
  Status copied = ReplaceFile(copy, bytes.substr(scan.good_size));
  FW_LOG(kWarn, "spool.segment_damaged",
         {{"path", PathOf(segment.number)},
          {"from_byte", scan.good_size},
          {"bytes", bytes.size() - scan.good_size},
          {"records_lost", scan.lost.size()},
          {"set_aside", copied.ok() ? copy : copied.message()}});

  FW_ASSIGN_OR_RETURN(std::vector<std::string> names, ListDir(folder_));
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("quarantine-"); });
  for (size_t i = 0; i + kQuarantinesMax < names.size(); ++i) {
    unlink((folder_ + "/" + names[i]).c_str());
  }
  return OkStatus();
}

Status SpoolSegments::CutOff(const SpoolDamage& damage) const {
  std::string path = PathOf(damage.segment);
  if (damage.good_size <= kSpoolHeaderSize) {
    unlink(path.c_str());
  } else if (truncate(path.c_str(), static_cast<off_t>(damage.good_size)) != 0) {
    return PermissionDenied(fmt::format("{}: {}", path, SystemReason()));
  }
  return OkStatus();
}

// ---- Writing

Status SpoolSegments::MakeRoom(int64_t limit) {
  if (closed_ || segments_.back().size > limit) return StartSegment();
  return OkStatus();
}

Status SpoolSegments::StartSegment() {
  Close();
  std::string path = PathOf(next_segment_);
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return ResourceExhausted(fmt::format("{}: {}", path, SystemReason()));
  Status written = WriteAll(fd, SpoolHeader(which_), 0);
  if (!written.ok()) {
    close(fd);
    unlink(path.c_str());
    return written.With(path);
  }
  if (sync_) SyncFolder(folder_);
  Segment segment;
  segment.number = next_segment_++;
  segment.size = kSpoolHeaderSize;
  segments_.push_back(segment);
  fd_ = fd;
  closed_ = false;
  numbers_.Clear();
  return OkStatus();
}

void SpoolSegments::Close() {
  if (fd_ >= 0) close(fd_);
  fd_ = -1;
  closed_ = true;
}

Status SpoolSegments::Write(SpoolFrame frame, const std::string& payload,
                            std::vector<SpoolDamage>& damages) {
  Segment& segment = segments_.back();
  frame.payload_size = payload.size();
  frame.payload_hash = Fingerprint::Of(payload).value();
  std::string bytes = EncodeSpoolFrame(frame);
  bytes += payload;
  bytes += bytes.substr(0, kSpoolFrameSize);
  Status written = WriteAll(fd_, bytes, segment.size);
  if (written.ok() && sync_ && fdatasync(fd_) != 0) written = ResourceExhausted(SystemReason());
  if (!written.ok()) {
    // Whatever was written must not be taken for a record later, and its names were not kept.
    if (ftruncate(fd_, segment.size) != 0) {
      damages.push_back({which_, segment.number, static_cast<uint64_t>(segment.size)});
    }
    Close();
    return written.With(PathOf(segment.number));
  }
  uint64_t offset = static_cast<uint64_t>(segment.size);
  uint64_t end = offset + bytes.size();
  if (segment.first_id == 0) segment.first_id = frame.id;
  segment.last_id = frame.id;
  segment.size = static_cast<int64_t>(end);
  segment.Add(frame);
  records_.emplace(frame.id, Record{segment.number, {frame, offset, end}});
  return OkStatus();
}

// ---- Reading

StatusOr<std::string> SpoolSegments::ReadPayload(const Record& record) const {
  const SpoolRecordPlace& place = record.place;
  std::string path = PathOf(record.segment);
  FW_ASSIGN_OR_RETURN(std::string payload,
                      ReadRange(path, place.offset + kSpoolFrameSize, place.frame.payload_size));
  if (Fingerprint::Of(payload).value() != place.frame.payload_hash) {
    return DataLoss(fmt::format("{}: damaged at byte {}", path, place.offset));
  }
  return payload;
}

// Reads a samples payload after taking over the names from the records before it in its segment.
StatusOr<std::string> SpoolSegments::ReadPayloadWithNames(const Record& record) {
  if (names_segment_ != record.segment) {
    names_.clear();
    names_segment_ = record.segment;
    names_to_ = kSpoolHeaderSize;
  }
  std::string path = PathOf(record.segment);
  while (names_to_ < record.place.offset) {
    FW_ASSIGN_OR_RETURN(std::string head, ReadRange(path, names_to_, kSpoolFrameSize));
    std::optional<SpoolFrame> frame = DecodeSpoolFrame(head);
    if (!frame) return DataLoss(fmt::format("{}: damaged at byte {}", path, names_to_));
    FW_ASSIGN_OR_RETURN(std::string payload,
                        ReadRange(path, names_to_ + kSpoolFrameSize, frame->payload_size));
    if (Fingerprint::Of(payload).value() != frame->payload_hash) {
      return DataLoss(fmt::format("{}: damaged at byte {}", path, names_to_));
    }
    FW_RETURN_IF_ERROR(DecodeNames(payload, names_));
    names_to_ += frame->payload_size + 2 * kSpoolFrameSize;
  }
  FW_ASSIGN_OR_RETURN(std::string payload, ReadPayload(record));
  names_to_ = std::max(names_to_, record.place.end);
  return payload;
}

StatusOr<SamplesPart> SpoolSegments::ReadSamples(uint64_t id) {
  FW_ASSIGN_OR_RETURN(std::string payload, ReadPayloadWithNames(records_.at(id)));
  return DecodeSamples(payload, names_);
}

StatusOr<Reports> SpoolSegments::ReadReports(uint64_t id) {
  FW_ASSIGN_OR_RETURN(std::string payload, ReadPayload(records_.at(id)));
  return DecodeRecord<Reports>(payload);
}

// ---- Forgetting

void SpoolSegments::Forget(uint64_t id) {
  auto record = records_.find(id);
  if (record == records_.end()) return;
  auto segment =
      std::lower_bound(segments_.begin(), segments_.end(), record->second.segment,
                       [](const Segment& one, uint64_t number) { return one.number < number; });
  segment->needed -= record->second.place.frame.counts;
  records_.erase(record);
}

void SpoolSegments::Note(std::vector<SpoolSegmentNote>& notes) const {
  for (const Segment& segment : segments_) {
    if (segment.needed == SpoolCounts()) continue;
    notes.push_back({which_, segment.number, segment.needed, segment.from, segment.to});
  }
}

std::optional<uint64_t> SpoolSegments::OldestFrom(uint64_t next_id) {
  auto segment = std::find_if(segments_.begin(), segments_.end(), [&](const Segment& s) {
    auto first = records_.lower_bound(s.first_id);
    return first == records_.end() || first->first >= next_id;
  });
  if (segment == segments_.end()) return std::nullopt;
  if (segment->number == segments_.back().number) Close();
  return segment->last_id;
}

void SpoolSegments::RemoveFinished() {
  std::erase_if(segments_, [&](const Segment& segment) {
    bool open = !closed_ && segment.number == segments_.back().number;
    auto alive = records_.lower_bound(segment.first_id);
    if (open || (alive != records_.end() && alive->first <= segment.last_id)) return false;
    unlink(PathOf(segment.number).c_str());
    return true;
  });
}

}  // namespace forewarn

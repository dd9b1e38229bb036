#include "probe/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <system_error>

#include "base/file.h"
#include "base/fingerprint.h"
#include "base/log.h"
#include "base/record.h"
#include "base/units.h"

namespace forewarn {
namespace {

constexpr size_t kQuarantinesMax = 4;

std::string Reason() { return std::system_category().message(errno); }

std::string_view LaneName(SpoolClass which) {
  return which == SpoolClass::kSamples ? "samples" : "reports";
}

// `samples-00000000000000000007.seg` -> 7
bool ParseSegmentName(std::string_view name, SpoolClass which, uint64_t& number) {
  std::string prefix = fmt::format("{}-", LaneName(which));
  constexpr std::string_view kSuffix = ".seg";
  if (!name.starts_with(prefix) || !name.ends_with(kSuffix)) return false;
  std::string_view digits =
      name.substr(prefix.size(), name.size() - prefix.size() - kSuffix.size());
  auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  return error == std::errc() && end == digits.data() + digits.size();
}

Status WriteAll(int fd, std::string_view bytes, int64_t at) {
  while (!bytes.empty()) {
    ssize_t n = pwrite(fd, bytes.data(), bytes.size(), at);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return ResourceExhausted(Reason());
    bytes.remove_prefix(static_cast<size_t>(n));
    at += n;
  }
  return OkStatus();
}

StatusOr<std::string> ReadRange(const std::string& path, uint64_t from, uint64_t size) {
  int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return DataLoss(fmt::format("{}: {}", path, Reason()));
  std::string bytes(size, '\0');
  size_t have = 0;
  while (have < size) {
    ssize_t n = pread(fd, bytes.data() + have, size - have, static_cast<off_t>(from + have));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    have += static_cast<size_t>(n);
  }
  close(fd);
  if (have < size) return DataLoss(fmt::format("{}: ends before byte {}", path, from + size));
  return bytes;
}

// As WriteFileAtomically(), but for a kill only, not for a power loss.
Status ReplaceFile(const std::string& path, std::string_view bytes) {
  std::string beside = path + ".new";
  int fd = open(beside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) return ResourceExhausted(fmt::format("{}: {}", beside, Reason()));
  Status written = WriteAll(fd, bytes, 0);
  close(fd);
  if (written.ok() && rename(beside.c_str(), path.c_str()) != 0)
    written = ResourceExhausted(Reason());
  return written.With(path);
}

void SyncFolder(const std::string& path) {
  int fd = open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return;
  fsync(fd);
  close(fd);
}

}  // namespace

StatusOr<std::unique_ptr<Spool>> Spool::Open(const SpoolOptions& options, Timestamp now) {
  FW_RETURN_IF_ERROR(MakeDirs(options.folder, 0700));
  std::string path = options.folder + "/lock";
  int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return PermissionDenied(fmt::format("{}: {}", path, Reason()));
  if (flock(lock, LOCK_EX | LOCK_NB) != 0) {
    close(lock);
    return FailedPrecondition(
        fmt::format("{}: another forewarn-probe uses this folder; stop it first", options.folder));
  }
  std::unique_ptr<Spool> spool(new Spool(options, lock));
  FW_RETURN_IF_ERROR(spool->Load(now));
  return spool;
}

Spool::~Spool() {
  CloseSegment(samples_);
  CloseSegment(reports_);
  close(lock_);
}

std::string Spool::PathOf(const Lane& lane, uint64_t segment) const {
  return fmt::format("{}/{}-{:020}.seg", options_.folder, LaneName(lane.which), segment);
}

int64_t Spool::bytes() const {
  int64_t sum = 0;
  for (const Lane* lane : {&samples_, &reports_}) {
    for (const Segment& segment : lane->segments) sum += segment.size;
  }
  return sum;
}

bool Spool::IsUnderWay(SpoolClass which, uint64_t id) const {
  return std::any_of(
      manifest_.sealed.begin(), manifest_.sealed.end(), [&](const SealedBatch& batch) {
        return batch.id == id && (which == SpoolClass::kSamples ? batch.samples : batch.reports);
      });
}

// ---- Opening
// ----------------------------------------------------------------------------------------

Status Spool::Load(Timestamp now) {
  samples_.which = SpoolClass::kSamples;
  reports_.which = SpoolClass::kReports;
  std::string path = options_.folder + "/manifest";
  if (FileExists(path)) {
    StatusOr<std::string> bytes = ReadFile(path);
    StatusOr<SpoolManifest> manifest = bytes.ok() ? DecodeManifest(*bytes) : bytes.status();
    if (manifest.ok()) {
      manifest_ = *std::move(manifest);
    } else {
      FW_LOG(kWarn, "spool.manifest_damaged",
             {{"path", path},
              {"error", manifest.status().message()},
              {"effect", "all is sent again"}});
      rename(path.c_str(), (options_.folder + "/quarantine-manifest").c_str());
    }
  }
  if (manifest_.epoch == 0)
    manifest_.epoch = static_cast<uint64_t>(std::max<int64_t>(1, ToMillis(now)));

  for (Lane* lane : {&samples_, &reports_}) FW_RETURN_IF_ERROR(LoadLane(*lane));
  for (SealedBatch& batch : manifest_.sealed) {
    batch.samples = batch.samples && samples_.records.contains(batch.id);
    batch.reports = batch.reports && reports_.records.contains(batch.id);
  }
  // The gaps are declared durably before the damaged bytes are cut off, so that neither a crash
  // here loses the declaration nor the next start repeats it.
  FW_RETURN_IF_ERROR(Persist());
  for (const SpoolDamage& damage : manifest_.damages) {
    Lane& lane = damage.which == SpoolClass::kSamples ? samples_ : reports_;
    std::string segment = PathOf(lane, damage.segment);
    if (damage.good_size <= kSpoolHeaderSize) {
      unlink(segment.c_str());
    } else if (truncate(segment.c_str(), static_cast<off_t>(damage.good_size)) != 0) {
      return PermissionDenied(fmt::format("{}: {}", segment, Reason()));
    }
  }
  if (!manifest_.damages.empty()) {
    manifest_.damages.clear();
    FW_RETURN_IF_ERROR(Persist());
  }
  return OkStatus();
}

Status Spool::LoadLane(Lane& lane) {
  FW_ASSIGN_OR_RETURN(std::vector<std::string> names, ListDir(options_.folder));
  uint64_t floor =
      lane.which == SpoolClass::kSamples ? manifest_.samples_floor : manifest_.reports_floor;
  floor = std::max(floor, manifest_.next_id);
  uint64_t after = 0;
  for (const SpoolDamage& damage : manifest_.damages) {
    lane.next_segment = std::max(lane.next_segment, damage.segment + 1);
  }
  for (const std::string& name : names) {  // sorted, hence in the order of their numbers
    Segment segment;
    if (!ParseSegmentName(name, lane.which, segment.number)) continue;
    lane.next_segment = std::max(lane.next_segment, segment.number + 1);
    std::string path = PathOf(lane, segment.number);
    StatusOr<std::string> bytes = ReadFile(path, 1 << 30);
    if (!bytes.ok()) {
      FW_LOG(kError, "spool.segment_unreadable",
             {{"path", path}, {"error", bytes.status().message()}});
      continue;
    }
    auto declared = std::find_if(
        manifest_.damages.begin(), manifest_.damages.end(), [&](const SpoolDamage& damage) {
          return damage.which == lane.which && damage.segment == segment.number;
        });
    if (declared != manifest_.damages.end())
      bytes->resize(std::min(bytes->size(), declared->good_size));

    SpoolScan scan = ScanSegment(*bytes, lane.which, after);
    if (scan.good_size < bytes->size()) FW_RETURN_IF_ERROR(SetAside(lane, segment, *bytes, scan));
    for (const SpoolFrame& frame : scan.lost) {
      after = std::max(after, frame.id);
      if (frame.id >= floor || IsUnderWay(lane.which, frame.id)) {
        AddGaps(frame.counts, "corrupt", frame.at);
      }
    }
    manifest_.last_id = std::max(manifest_.last_id, after);
    if (scan.records.empty()) {
      if (scan.good_size >= bytes->size()) unlink(path.c_str());
      continue;
    }
    segment.first_id = scan.records.front().frame.id;
    segment.last_id = scan.records.back().frame.id;
    segment.size = static_cast<int64_t>(scan.good_size);
    after = std::max(after, segment.last_id);
    manifest_.last_id = std::max(manifest_.last_id, after);
    for (const SpoolRecordPlace& place : scan.records) {
      if (place.frame.id >= floor || IsUnderWay(lane.which, place.frame.id)) {
        lane.records.emplace(place.frame.id, Record{segment.number, place});
      }
    }
    lane.segments.push_back(segment);
  }
  return OkStatus();
}

Status Spool::SetAside(Lane& lane, Segment& segment, std::string_view bytes,
                       const SpoolScan& scan) {
  std::string copy =
      fmt::format("{}/quarantine-{}-{:020}", options_.folder, LaneName(lane.which), segment.number);
  // The copy is for a person to look at; a full disk must not keep the probe from starting.
  Status copied = ReplaceFile(copy, bytes.substr(scan.good_size));
  FW_LOG(kWarn, "spool.segment_damaged",
         {{"path", PathOf(lane, segment.number)},
          {"from_byte", scan.good_size},
          {"bytes", bytes.size() - scan.good_size},
          {"records_lost", scan.lost.size()},
          {"set_aside", copied.ok() ? copy : copied.message()}});
  manifest_.damages.push_back({lane.which, segment.number, scan.good_size});

  FW_ASSIGN_OR_RETURN(std::vector<std::string> names, ListDir(options_.folder));
  std::erase_if(names, [](const std::string& name) { return !name.starts_with("quarantine-"); });
  for (size_t i = 0; i + kQuarantinesMax < names.size(); ++i) {
    unlink((options_.folder + "/" + names[i]).c_str());
  }
  return OkStatus();
}

// ---- Writing
// ----------------------------------------------------------------------------------------

Status Spool::StartSegment(Lane& lane) {
  CloseSegment(lane);
  std::string path = PathOf(lane, lane.next_segment);
  int fd = open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (fd < 0) return ResourceExhausted(fmt::format("{}: {}", path, Reason()));
  Status written = WriteAll(fd, SpoolHeader(lane.which), 0);
  if (!written.ok()) {
    close(fd);
    unlink(path.c_str());
    return written.With(path);
  }
  if (options_.sync) SyncFolder(options_.folder);
  Segment segment;
  segment.number = lane.next_segment++;
  segment.size = kSpoolHeaderSize;
  lane.segments.push_back(segment);
  lane.fd = fd;
  lane.closed = false;
  lane.numbers.Clear();
  return OkStatus();
}

void Spool::CloseSegment(Lane& lane) {
  if (lane.fd >= 0) close(lane.fd);
  lane.fd = -1;
  lane.closed = true;
}

Status Spool::Write(Lane& lane, SpoolFrame frame, const std::string& payload) {
  Segment& segment = lane.segments.back();
  frame.payload_size = payload.size();
  frame.payload_hash = Fingerprint::Of(payload).value();
  std::string bytes = EncodeSpoolFrame(frame);
  bytes += payload;
  bytes += bytes.substr(0, kSpoolFrameSize);
  Status written = WriteAll(lane.fd, bytes, segment.size);
  if (written.ok() && options_.sync && fdatasync(lane.fd) != 0)
    written = ResourceExhausted(Reason());
  if (!written.ok()) {
    // Whatever was written must not be taken for a record later, and its names were not kept.
    if (ftruncate(lane.fd, segment.size) != 0) {
      manifest_.damages.push_back(
          {lane.which, segment.number, static_cast<uint64_t>(segment.size)});
    }
    CloseSegment(lane);
    return written.With(PathOf(lane, segment.number));
  }
  uint64_t offset = static_cast<uint64_t>(segment.size);
  uint64_t end = offset + bytes.size();
  if (segment.first_id == 0) segment.first_id = frame.id;
  segment.last_id = frame.id;
  segment.size = static_cast<int64_t>(end);
  lane.records.emplace(frame.id, Record{segment.number, {frame, offset, end}});
  return OkStatus();
}

Status Spool::Append(const SpoolItem& item, Timestamp now) {
  DropExpired(now);
  SpoolFrame samples;
  samples.at = item.at;
  samples.counts.samples = item.samples.size();
  SpoolFrame reports;
  reports.at = item.at;
  reports.counts.events = item.reports.events.size();
  reports.counts.checks = item.reports.checks.size();
  reports.counts.facts = item.reports.facts.size();
  reports.counts.changes = item.reports.changes.size();
  samples.id = reports.id = ++manifest_.last_id;

  auto append = [&](Lane& lane, const SpoolFrame& frame, auto&& encode) -> Status {
    Status status = DropToFit();
    int64_t limit = std::min(options_.segment_bytes, options_.max_bytes / 8);
    if (status.ok() && (lane.closed || lane.segments.back().size > limit))
      status = StartSegment(lane);
    if (status.ok()) status = Write(lane, frame, encode());
    if (!status.ok()) AddGaps(frame.counts, "spool_full", frame.at);
    return status;
  };
  Status status;
  if (!item.reports.empty()) {
    status = append(reports_, reports, [&] { return EncodeRecord(item.reports); });
  }
  if (!item.samples.empty() || !item.rounds.empty()) {
    Status other = append(samples_, samples, [&] {
      return EncodeSamples({item.at, item.samples, item.rounds}, samples_.numbers);
    });
    if (status.ok()) status = other;
  }
  return status;
}

// ---- Dropping
// ---------------------------------------------------------------------------------------

void Spool::AddGap(std::string_view kind, std::string_view reason, uint64_t count, Timestamp from,
                   Timestamp to) {
  if (count == 0) return;
  manifest_.gap_total += count;
  for (Gap& gap : manifest_.gaps) {
    if (gap.kind != kind || gap.reason != reason) continue;
    gap.count += count;
    gap.from = std::min(gap.from, from);
    gap.to = std::max(gap.to, to);
    return;
  }
  manifest_.gaps.push_back({std::string(kind), std::string(reason), count, from, to});
}

void Spool::Declare(std::string_view kind, std::string_view reason, uint64_t count, Timestamp at) {
  AddGap(kind, reason, count, at, at);
}

void Spool::AddGaps(const SpoolCounts& counts, std::string_view reason, Timestamp at) {
  AddGap("samples", reason, counts.samples, at, at);
  AddGap("events", reason, counts.events, at, at);
  AddGap("checks", reason, counts.checks, at, at);
  AddGap("facts", reason, counts.facts, at, at);
  AddGap("changes", reason, counts.changes, at, at);
}

// Only of records that are not sealed, from the oldest on: the floor stands for all that were
// dropped.
void Spool::DropRecord(Lane& lane, std::map<uint64_t, Record>::iterator record,
                       std::string_view reason) {
  const SpoolFrame& frame = record->second.place.frame;
  AddGaps(frame.counts, reason, frame.at);
  (lane.which == SpoolClass::kSamples ? manifest_.samples_floor : manifest_.reports_floor) =
      frame.id + 1;
  lane.records.erase(record);
}

void Spool::DropExpired(Timestamp now) {
  for (Lane* lane : {&samples_, &reports_}) {
    auto record = lane->records.lower_bound(manifest_.next_id);
    while (record != lane->records.end() &&
           record->second.place.frame.at < now - options_.max_age) {
      auto next = std::next(record);
      DropRecord(*lane, record, "expired");
      record = next;
    }
  }
}

Status Spool::DropToFit() {
  if (bytes() < options_.max_bytes) return OkStatus();
  for (Lane* lane : {&samples_, &reports_}) {
    while (bytes() >= options_.max_bytes) {
      // The oldest segment whose records are all free to go; those that are under way hold theirs.
      auto segment =
          std::find_if(lane->segments.begin(), lane->segments.end(), [&](const Segment& s) {
            return lane->records.lower_bound(s.first_id) == lane->records.end() ||
                   lane->records.lower_bound(s.first_id)->first >= manifest_.next_id;
          });
      if (segment == lane->segments.end()) break;
      if (segment->number == lane->segments.back().number) CloseSegment(*lane);
      uint64_t last = segment->last_id;
      auto record = lane->records.lower_bound(manifest_.next_id);
      while (record != lane->records.end() && record->first <= last) {
        auto next = std::next(record);
        DropRecord(*lane, record, "spool_full");
        record = next;
      }
      // Declared durably first; then the file may go.
      FW_RETURN_IF_ERROR(Persist());
    }
  }
  if (bytes() < options_.max_bytes) return OkStatus();
  return ResourceExhausted(fmt::format(
      "the spool is full: {} of {} are under way to the collector; raise spool.max_bytes",
      FormatSize(bytes()), FormatSize(options_.max_bytes)));
}

Status Spool::Persist() {
  std::string path = options_.folder + "/manifest";
  std::string bytes = EncodeManifest(manifest_);
  FW_RETURN_IF_ERROR(options_.sync ? WriteFileAtomically(path, bytes, 0600)
                                   : ReplaceFile(path, bytes));
  RemoveFinishedSegments(samples_);
  RemoveFinishedSegments(reports_);
  return OkStatus();
}

void Spool::RemoveFinishedSegments(Lane& lane) {
  std::erase_if(lane.segments, [&](const Segment& segment) {
    bool open = !lane.closed && segment.number == lane.segments.back().number;
    auto alive = lane.records.lower_bound(segment.first_id);
    if (open || (alive != lane.records.end() && alive->first <= segment.last_id)) return false;
    unlink(PathOf(lane, segment.number).c_str());
    return true;
  });
}

// ---- Sending
// ----------------------------------------------------------------------------------------

StatusOr<std::optional<SpooledBatch>> Spool::Seal(Timestamp now) {
  DropExpired(now);
  auto samples = samples_.records.lower_bound(manifest_.next_id);
  auto reports = reports_.records.lower_bound(manifest_.next_id);
  uint64_t id = UINT64_MAX;
  if (samples != samples_.records.end()) id = std::min(id, samples->first);
  if (reports != reports_.records.end()) id = std::min(id, reports->first);
  bool any = id != UINT64_MAX;
  if (!any && manifest_.gaps.empty()) return std::optional<SpooledBatch>();

  SealedBatch batch;
  batch.sequence = manifest_.last_sequence() + 1;
  batch.id = any ? id : 0;  // 0: all that was here is gone, and only that is left to say
  batch.samples = samples != samples_.records.end() && samples->first == id;
  batch.reports = reports != reports_.records.end() && reports->first == id;
  batch.gaps.swap(manifest_.gaps);
  uint64_t next_id = std::exchange(manifest_.next_id, any ? id + 1 : manifest_.next_id);
  manifest_.sealed.push_back(batch);
  if (Status status = Persist(); !status.ok()) {
    manifest_.sealed.pop_back();
    manifest_.next_id = next_id;
    manifest_.gaps.swap(batch.gaps);
    return status;
  }
  FW_ASSIGN_OR_RETURN(SpooledBatch loaded, Load(batch.sequence));
  return std::optional<SpooledBatch>(std::move(loaded));
}

std::vector<uint64_t> Spool::UnderWay() const {
  std::vector<uint64_t> sequences;
  for (const SealedBatch& batch : manifest_.sealed) sequences.push_back(batch.sequence);
  return sequences;
}

StatusOr<std::string> Spool::ReadPayload(const Lane& lane, const Record& record) {
  const SpoolRecordPlace& place = record.place;
  FW_ASSIGN_OR_RETURN(std::string payload,
                      ReadRange(PathOf(lane, record.segment), place.offset + kSpoolFrameSize,
                                place.frame.payload_size));
  if (Fingerprint::Of(payload).value() != place.frame.payload_hash) {
    return DataLoss(
        fmt::format("{}: damaged at byte {}", PathOf(lane, record.segment), place.offset));
  }
  return payload;
}

// Reads a samples payload after taking over the names from the records before it in its segment.
StatusOr<std::string> Spool::ReadPayloadWithNames(Lane& lane, const Record& record) {
  if (lane.names_segment != record.segment) {
    lane.names.clear();
    lane.names_segment = record.segment;
    lane.names_to = kSpoolHeaderSize;
  }
  std::string path = PathOf(lane, record.segment);
  while (lane.names_to < record.place.offset) {
    FW_ASSIGN_OR_RETURN(std::string head, ReadRange(path, lane.names_to, kSpoolFrameSize));
    std::optional<SpoolFrame> frame = DecodeSpoolFrame(head);
    if (!frame) return DataLoss(fmt::format("{}: damaged at byte {}", path, lane.names_to));
    FW_ASSIGN_OR_RETURN(std::string payload,
                        ReadRange(path, lane.names_to + kSpoolFrameSize, frame->payload_size));
    if (Fingerprint::Of(payload).value() != frame->payload_hash) {
      return DataLoss(fmt::format("{}: damaged at byte {}", path, lane.names_to));
    }
    FW_RETURN_IF_ERROR(DecodeNames(payload, lane.names));
    lane.names_to += frame->payload_size + 2 * kSpoolFrameSize;
  }
  FW_ASSIGN_OR_RETURN(std::string payload, ReadPayload(lane, record));
  lane.names_to = std::max(lane.names_to, record.place.end);
  return payload;
}

StatusOr<SpooledBatch> Spool::Load(uint64_t sequence) {
  auto sealed = std::find_if(manifest_.sealed.begin(), manifest_.sealed.end(),
                             [&](const SealedBatch& batch) { return batch.sequence == sequence; });
  if (sealed == manifest_.sealed.end()) {
    return NotFound(fmt::format("batch {} is not under way", sequence));
  }
  SpooledBatch batch;
  batch.epoch = manifest_.epoch;
  batch.sequence = sequence;
  bool damaged = false;
  // What cannot be read is as lost as what was dropped, and stays so: the loss becomes part of the
  // batch.
  auto lose = [&](Lane& lane, const Status& why) {
    FW_LOG(kWarn, "spool.record_lost", {{"error", why.message()}});
    auto record = lane.records.find(sealed->id);
    std::vector<Gap> waiting = std::exchange(manifest_.gaps, std::move(sealed->gaps));
    AddGaps(record->second.place.frame.counts, "corrupt", record->second.place.frame.at);
    sealed->gaps = std::exchange(manifest_.gaps, std::move(waiting));
    lane.records.erase(record);
    damaged = true;
  };
  if (sealed->samples) {
    const Record& record = samples_.records.at(sealed->id);
    StatusOr<std::string> payload = ReadPayloadWithNames(samples_, record);
    StatusOr<SamplesPart> part = payload.ok() ? DecodeSamples(*payload, samples_.names)
                                              : StatusOr<SamplesPart>(payload.status());
    if (part.ok()) {
      batch.item.at = part->at;
      batch.item.samples = std::move(part->samples);
      batch.item.rounds = std::move(part->rounds);
    } else {
      lose(samples_, part.status());
      sealed->samples = false;
    }
  }
  if (sealed->reports) {
    const Record& record = reports_.records.at(sealed->id);
    batch.item.at = record.place.frame.at;
    StatusOr<std::string> payload = ReadPayload(reports_, record);
    StatusOr<Reports> reports =
        payload.ok() ? DecodeRecord<Reports>(*payload) : StatusOr<Reports>(payload.status());
    if (reports.ok()) {
      batch.item.reports = *std::move(reports);
    } else {
      lose(reports_, reports.status());
      sealed->reports = false;
    }
  }
  if (!sealed->rounds.empty()) {
    batch.item.at = sealed->rounds.back().end;
    batch.item.rounds = sealed->rounds;
  }
  batch.gaps = sealed->gaps;
  if (damaged) FW_RETURN_IF_ERROR(Persist());
  return batch;
}

void Spool::Ack(uint64_t epoch, uint64_t sequence) {
  if (epoch != manifest_.epoch || sequence > manifest_.last_sequence()) return;
  while (!manifest_.sealed.empty() && manifest_.sealed.front().sequence <= sequence) {
    const SealedBatch& batch = manifest_.sealed.front();
    if (batch.samples) samples_.records.erase(batch.id);
    if (batch.reports) reports_.records.erase(batch.id);
    manifest_.acked = batch.sequence;
    manifest_.sealed.erase(manifest_.sealed.begin());
  }
  // Written down with the next Seal(): a crash before it only sends again what is known there.
}

Status Spool::Refuse(uint64_t sequence) {
  for (SealedBatch& batch : manifest_.sealed) {
    if (batch.sequence != sequence) continue;
    // The ends of its rounds stay, since evaluation goes on with them; if even those are refused,
    // they go too.
    batch.rounds.clear();
    if (batch.samples) {
      FW_ASSIGN_OR_RETURN(SpooledBatch content, Load(sequence));
      batch.rounds = std::move(content.item.rounds);
    }
    std::vector<Gap> waiting = std::exchange(manifest_.gaps, std::move(batch.gaps));
    auto refuse = [&](Lane& lane, bool& has) {
      auto record = lane.records.find(batch.id);
      if (!has || record == lane.records.end()) return;
      AddGaps(record->second.place.frame.counts, "refused", record->second.place.frame.at);
      lane.records.erase(record);
      has = false;
    };
    refuse(samples_, batch.samples);
    refuse(reports_, batch.reports);
    batch.gaps = std::exchange(manifest_.gaps, std::move(waiting));
    return Persist();
  }
  return OkStatus();
}

StatusOr<bool> Spool::Reconcile(uint64_t epoch, uint64_t sequence, Timestamp now) {
  bool agrees = epoch == manifest_.epoch
                    ? sequence >= manifest_.acked && sequence <= manifest_.last_sequence()
                    : epoch < manifest_.epoch && manifest_.acked == 0;
  if (agrees) {
    Ack(epoch, sequence);
    return false;
  }
  FW_LOG(kWarn, "spool.epoch_started",
         {{"epoch", manifest_.epoch},
          {"acked", manifest_.acked},
          {"collector_epoch", epoch},
          {"collector_sequence", sequence}});
  manifest_.epoch = std::max(
      {manifest_.epoch + 1, epoch + 1, static_cast<uint64_t>(std::max<int64_t>(0, ToMillis(now)))});
  manifest_.acked = 0;
  uint64_t next = 0;
  for (SealedBatch& batch : manifest_.sealed) batch.sequence = ++next;
  FW_RETURN_IF_ERROR(Persist());
  return true;
}

SpoolStats Spool::stats() const {
  SpoolStats stats;
  stats.bytes = bytes();
  stats.under_way = manifest_.sealed.size();
  stats.gap_total = manifest_.gap_total;
  stats.epoch = manifest_.epoch;
  stats.acked = manifest_.acked;
  for (const Lane* lane : {&samples_, &reports_}) {
    for (auto record = lane->records.lower_bound(manifest_.next_id); record != lane->records.end();
         ++record) {
      ++stats.waiting;
    }
    if (lane->records.empty()) continue;
    Timestamp at = lane->records.begin()->second.place.frame.at;
    if (stats.oldest == kTimeZero || at < stats.oldest) stats.oldest = at;
  }
  return stats;
}

}  // namespace forewarn

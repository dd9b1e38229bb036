#include "probe/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "base/file.h"
#include "base/log.h"
#include "base/record.h"
#include "base/units.h"
#include "probe/spool_files.h"
#include "probe/spool_gaps.h"

namespace forewarn {

StatusOr<std::unique_ptr<Spool>> Spool::Open(const SpoolOptions& options, Timestamp now) {
  FW_RETURN_IF_ERROR(MakeDirs(options.folder, 0700));
  std::string path = options.folder + "/lock";
  int lock = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (lock < 0) return PermissionDenied(fmt::format("{}: {}", path, SystemReason()));
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
  samples_.Close();
  reports_.Close();
  close(lock_);
}

bool Spool::IsUnderWay(SpoolClass which, uint64_t id) const {
  return std::any_of(
      manifest_.sealed.begin(), manifest_.sealed.end(), [&](const SealedBatch& batch) {
        return batch.id == id && (which == SpoolClass::kSamples ? batch.samples : batch.reports);
      });
}

uint64_t& Spool::FloorOf(SpoolClass which) {
  return which == SpoolClass::kSamples ? manifest_.samples_floor : manifest_.reports_floor;
}

void Spool::Lose(std::vector<Gap>& gaps, const SpoolFrame& frame, std::string_view reason) {
  Lose(gaps, frame.counts, reason, frame.at, frame.at);
}

void Spool::Lose(std::vector<Gap>& gaps, const SpoolCounts& counts, std::string_view reason,
                 Timestamp from, Timestamp to) {
  AddGaps(gaps, counts, reason, from, to);
  manifest_.gap_total += AddGaps(manifest_.lost, counts, reason, from, to);
}

// ---- Opening

Status Spool::Load(Timestamp now) {
  std::string path = options_.folder + "/manifest";
  if (FileExists(path)) {
    StatusOr<std::string> bytes = ReadFile(path);
    StatusOr<SpoolManifest> manifest = bytes.ok() ? DecodeManifest(*bytes) : bytes.status();
    if (manifest.ok()) {
      manifest_ = *std::move(manifest);
    } else if (manifest.status().code() == Code::kFailedPrecondition) {
      return manifest.status().With(options_.folder);
    } else {
      FW_LOG(kWarn, "spool.manifest_damaged",
             {{"path", path}, {"error", manifest.status().message()}});
      rename(path.c_str(), (options_.folder + "/quarantine-manifest").c_str());
    }
  }
  FW_RETURN_IF_ERROR(LoadSegments(samples_));
  FW_RETURN_IF_ERROR(LoadSegments(reports_));
  if (manifest_.epoch == 0) {
    manifest_.epoch = static_cast<uint64_t>(std::max<int64_t>(1, ToMillis(now)));
    if (size_t records = samples_.records().size() + reports_.records().size(); records > 0) {
      FW_LOG(kWarn, "spool.epoch_started",
             {{"path", path}, {"reason", "no manifest to go by"}, {"sent_again", records}});
    }
  }
  for (SealedBatch& batch : manifest_.sealed) {
    batch.samples = batch.samples && samples_.records().contains(batch.id);
    batch.reports = batch.reports && reports_.records().contains(batch.id);
  }
  // The gaps are declared durably before the damaged bytes are cut off, so that neither a crash
  // here loses the declaration nor the next start repeats it.
  FW_RETURN_IF_ERROR(Persist());
  for (const SpoolDamage& damage : manifest_.damages) {
    FW_RETURN_IF_ERROR((damage.which == SpoolClass::kSamples ? samples_ : reports_).CutOff(damage));
  }
  if (!manifest_.damages.empty()) {
    manifest_.damages.clear();
    FW_RETURN_IF_ERROR(Persist());
  }
  return OkStatus();
}

Status Spool::LoadSegments(SpoolSegments& segments) {
  SpoolClass which = segments.which();
  uint64_t floor = std::max(FloorOf(which), manifest_.next_id);
  auto wanted = [&](uint64_t id) { return id >= floor || IsUnderWay(which, id); };
  FW_ASSIGN_OR_RETURN(SpoolSegments::Found found, segments.Open(manifest_, wanted));
  for (const SpoolFrame& frame : found.lost) Lose(manifest_.gaps, frame, "corrupt");
  for (const SpoolSegmentNote& note : found.missing) {
    Lose(manifest_.gaps, note.counts, "corrupt", note.from, note.to);
  }
  manifest_.last_id = std::max(manifest_.last_id, found.last_id);
  for (const SpoolDamage& damage : found.damages) manifest_.damages.push_back(damage);
  return OkStatus();
}

Status Spool::Persist() {
  std::string path = options_.folder + "/manifest";
  manifest_.segments.clear();
  samples_.Note(manifest_.segments);
  reports_.Note(manifest_.segments);
  std::string bytes = EncodeManifest(manifest_);
  FW_RETURN_IF_ERROR(options_.sync ? WriteFileAtomically(path, bytes, 0600)
                                   : ReplaceFile(path, bytes));
  samples_.RemoveFinished();
  reports_.RemoveFinished();
  return OkStatus();
}

// ---- Writing

Status Spool::Append(const SpoolItem& item, Timestamp now, IfLost if_lost) {
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

  auto append = [&](SpoolSegments& segments, const SpoolFrame& frame, auto&& encode) -> Status {
    Status status = DropToFit();
    if (status.ok())
      status = segments.MakeRoom(std::min(options_.segment_bytes, options_.max_bytes / 8));
    if (status.ok()) status = segments.Write(frame, encode(), manifest_.damages);
    bool gone = segments.which() == SpoolClass::kSamples || if_lost == IfLost::kGone;
    if (!status.ok() && gone) Lose(manifest_.gaps, frame, "spool_full");
    return status;
  };
  Status status;
  if (!item.reports.empty()) {
    status = append(reports_, reports, [&] { return EncodeRecord(item.reports); });
  }
  if (!item.samples.empty() || !item.rounds.empty()) {
    Status other = append(samples_, samples, [&] {
      return EncodeSamples({item.at, item.samples, item.rounds}, samples_.numbers());
    });
    if (status.ok()) status = other;
  }
  // For the notes of what the segments hold. Should it fail, the next one has them too, and the
  // item is safe as it is.
  (void)Persist();
  return status;
}

void Spool::Declare(std::string_view kind, std::string_view reason, uint64_t count, Timestamp at) {
  AddGap(manifest_.gaps, kind, reason, count, at, at);
  manifest_.gap_total += AddGap(manifest_.lost, kind, reason, count, at, at);
}

// ---- Dropping

// Only of records that are not sealed, from the oldest on: the floor stands for all that were
// dropped.
void Spool::DropRecord(SpoolSegments& segments, uint64_t id, std::string_view reason) {
  Lose(manifest_.gaps, segments.records().at(id).place.frame, reason);
  FloorOf(segments.which()) = id + 1;
  segments.Forget(id);
}

void Spool::DropExpired(Timestamp now) {
  for (SpoolSegments* segments : {&samples_, &reports_}) {
    for (;;) {
      auto record = segments->records().lower_bound(manifest_.next_id);
      if (record == segments->records().end() ||
          record->second.place.frame.at >= now - options_.max_age)
        break;
      DropRecord(*segments, record->first, "expired");
    }
  }
}

Status Spool::DropToFit() {
  if (bytes() < options_.max_bytes) return OkStatus();
  for (SpoolSegments* segments : {&samples_, &reports_}) {
    while (bytes() >= options_.max_bytes) {
      // The oldest segment whose records are all free to go; those that are under way hold theirs.
      std::optional<uint64_t> last = segments->OldestFrom(manifest_.next_id);
      if (!last) break;
      for (;;) {
        auto record = segments->records().lower_bound(manifest_.next_id);
        if (record == segments->records().end() || record->first > *last) break;
        DropRecord(*segments, record->first, "spool_full");
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

// ---- Sending

StatusOr<std::optional<SpooledBatch>> Spool::Seal(Timestamp now) {
  DropExpired(now);
  auto samples = samples_.records().lower_bound(manifest_.next_id);
  auto reports = reports_.records().lower_bound(manifest_.next_id);
  uint64_t id = UINT64_MAX;
  if (samples != samples_.records().end()) id = std::min(id, samples->first);
  if (reports != reports_.records().end()) id = std::min(id, reports->first);
  bool any = id != UINT64_MAX;
  if (!any && manifest_.gaps.empty()) return std::optional<SpooledBatch>();

  SealedBatch batch;
  batch.sequence = manifest_.last_sequence() + 1;
  batch.id = any ? id : 0;  // 0: all that was here is gone, and only that is left to say
  batch.samples = samples != samples_.records().end() && samples->first == id;
  batch.reports = reports != reports_.records().end() && reports->first == id;
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
  auto lose = [&](SpoolSegments& segments, const Status& why) {
    FW_LOG(kWarn, "spool.record_lost", {{"error", why.message()}});
    Lose(sealed->gaps, segments.records().at(sealed->id).place.frame, "corrupt");
    segments.Forget(sealed->id);
    damaged = true;
    return false;
  };
  if (sealed->samples) {
    StatusOr<SamplesPart> part = samples_.ReadSamples(sealed->id);
    if (part.ok()) {
      batch.item.at = part->at;
      batch.item.samples = std::move(part->samples);
      batch.item.rounds = std::move(part->rounds);
    } else {
      sealed->samples = lose(samples_, part.status());
    }
  }
  if (sealed->reports) {
    batch.item.at = reports_.records().at(sealed->id).place.frame.at;
    StatusOr<Reports> reports = reports_.ReadReports(sealed->id);
    if (reports.ok()) {
      batch.item.reports = *std::move(reports);
    } else {
      sealed->reports = lose(reports_, reports.status());
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
    if (batch.samples) samples_.Forget(batch.id);
    if (batch.reports) reports_.Forget(batch.id);
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
    auto refuse = [&](SpoolSegments& segments, bool& has) {
      auto record = segments.records().find(batch.id);
      if (!has || record == segments.records().end()) return;
      Lose(batch.gaps, record->second.place.frame, "refused");
      segments.Forget(batch.id);
      has = false;
    };
    refuse(samples_, batch.samples);
    refuse(reports_, batch.reports);
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
  for (const SpoolSegments* segments : {&samples_, &reports_}) {
    const SpoolSegments::Records& records = segments->records();
    stats.waiting +=
        static_cast<uint64_t>(std::distance(records.lower_bound(manifest_.next_id), records.end()));
    if (records.empty()) continue;
    Timestamp at = records.begin()->second.place.frame.at;
    if (stats.oldest == kTimeZero || at < stats.oldest) stats.oldest = at;
  }
  return stats;
}

}  // namespace forewarn

// The grammar of the spool's files. Integers are little-endian; varint and signed as in base/bytes.h; record
// as in base/record.h; hash is XXH3-64.
//
//   segment  := "FWSPOOL1" class:u8 entry*          files samples-<n>.seg (class 1), reports-<n>.seg (class 2)
//   entry    := frame payload frame                 both frames are equal
//   frame    := "FWRC" id:u64 at_ms:u64 samples:u64 events:u64 checks:u64 facts:u64 changes:u64
//               payload_size:u64 payload_hash:u64 frame_hash:u64     frame_hash covers what stands before it
//   payload  := samples | reports                   by the segment's class
//   samples  := at_ms:signed first:varint n:varint name{n}   names number first, first + 1, …
//               n:varint difference:signed{n} value:f64{n}   numbers as differences to the one before
//               rounds:bytes(record)
//   name     := bytes                               a SeriesName (reading.h)
//   reports  := record                              Reports (reading.h)
//   manifest := "FWSPOOLM" record hash:u64          SpoolManifest; hash covers what stands before it
//
// The digit in a segment's first bytes and the manifest's field `format` are the format's number. A manifest
// without that field is of format 1.
#include "probe/spool_format.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/check.h"
#include "base/fingerprint.h"
#include "base/record.h"

namespace forewarn {
namespace {

constexpr std::string_view kSegmentMagic = "FWSPOOL1";
constexpr std::string_view kFrameMagic = "FWRC";
constexpr std::string_view kManifestMagic = "FWSPOOLM";

struct Rounds {
  std::vector<Round> rounds;

  template <typename Self, typename Visitor>
  static void Fields(Self& self, Visitor&& visit) {
    visit(1, self.rounds);
  }
};

}  // namespace

std::string SpoolHeader(SpoolClass which) {
  std::string header(kSegmentMagic);
  header.push_back(static_cast<char>(which));
  return header;
}

bool IsSpoolHeader(std::string_view bytes, SpoolClass which) {
  return bytes.substr(0, kSpoolHeaderSize) == SpoolHeader(which);
}

uint64_t SegmentFormat(std::string_view bytes) {
  constexpr size_t kDigit = kSegmentMagic.size() - 1;
  if (bytes.size() <= kDigit || bytes.substr(0, kDigit) != kSegmentMagic.substr(0, kDigit))
    return 0;
  char digit = bytes[kDigit];
  return digit >= '1' && digit <= '9' ? static_cast<uint64_t>(digit - '0') : 0;
}

SpoolCounts& SpoolCounts::operator+=(const SpoolCounts& other) {
  samples += other.samples;
  events += other.events;
  checks += other.checks;
  facts += other.facts;
  changes += other.changes;
  return *this;
}

SpoolCounts& SpoolCounts::operator-=(const SpoolCounts& other) {
  samples -= std::min(samples, other.samples);
  events -= std::min(events, other.events);
  checks -= std::min(checks, other.checks);
  facts -= std::min(facts, other.facts);
  changes -= std::min(changes, other.changes);
  return *this;
}

std::string EncodeSpoolFrame(const SpoolFrame& frame) {
  Encoder out;
  out.Raw(kFrameMagic);
  out.Fixed64(frame.id);
  out.Fixed64(static_cast<uint64_t>(ToMillis(frame.at)));
  out.Fixed64(frame.counts.samples);
  out.Fixed64(frame.counts.events);
  out.Fixed64(frame.counts.checks);
  out.Fixed64(frame.counts.facts);
  out.Fixed64(frame.counts.changes);
  out.Fixed64(frame.payload_size);
  out.Fixed64(frame.payload_hash);
  out.Fixed64(Fingerprint::Of(out.str()).value());
  FW_CHECK(out.size() == kSpoolFrameSize);
  return out.Take();
}

std::optional<SpoolFrame> DecodeSpoolFrame(std::string_view bytes) {
  if (bytes.size() < kSpoolFrameSize || !bytes.starts_with(kFrameMagic)) return std::nullopt;
  Decoder in(bytes.substr(kFrameMagic.size(), kSpoolFrameSize - kFrameMagic.size()));
  SpoolFrame frame;
  frame.id = in.Fixed64();
  frame.at = FromMillis(static_cast<int64_t>(in.Fixed64()));
  frame.counts.samples = in.Fixed64();
  frame.counts.events = in.Fixed64();
  frame.counts.checks = in.Fixed64();
  frame.counts.facts = in.Fixed64();
  frame.counts.changes = in.Fixed64();
  frame.payload_size = in.Fixed64();
  frame.payload_hash = in.Fixed64();
  if (Fingerprint::Of(bytes.substr(0, kSpoolFrameSize - 8)).value() != in.Fixed64())
    return std::nullopt;
  return frame;
}

Status NewerSpool(uint64_t format) {
  return FailedPrecondition(
      fmt::format("written by a newer forewarn-probe (format {}, this one reads {}): run the "
                  "newer version, or move the folder away, and what waits in it is not sent",
                  format, kSpoolFormat));
}

SpoolScan ScanSegment(std::string_view bytes, SpoolClass which, uint64_t after) {
  SpoolScan scan;
  uint64_t at = 0;
  if (IsSpoolHeader(bytes, which)) {
    at = kSpoolHeaderSize;
    while (at < bytes.size()) {
      std::optional<SpoolFrame> frame = DecodeSpoolFrame(bytes.substr(at));
      if (!frame || frame->id <= after) break;
      std::string_view rest = bytes.substr(at + kSpoolFrameSize);
      if (frame->payload_size > rest.size() || rest.size() - frame->payload_size < kSpoolFrameSize)
        break;
      std::string_view payload = rest.substr(0, frame->payload_size);
      if (Fingerprint::Of(payload).value() != frame->payload_hash) break;
      if (rest.substr(frame->payload_size, kSpoolFrameSize) != bytes.substr(at, kSpoolFrameSize))
        break;
      uint64_t end = at + frame->payload_size + 2 * kSpoolFrameSize;
      scan.records.push_back({*frame, at, end});
      after = frame->id;
      at = end;
    }
  }
  scan.good_size = at;
  // What lies behind the damage is not used, since the names of its series may be gone; but any frame that
  // is still whole tells what was lost. A record is known by either of its two.
  while ((at = bytes.find(kFrameMagic, at)) != std::string_view::npos) {
    std::optional<SpoolFrame> frame = DecodeSpoolFrame(bytes.substr(at));
    if (frame && frame->id > after) {
      scan.lost.push_back(*frame);
      after = frame->id;
    }
    at += frame ? kSpoolFrameSize : 1;
  }
  return scan;
}

uint32_t SeriesNumbers::Number(const SeriesName& series) {
  return numbers_.try_emplace(series, static_cast<uint32_t>(numbers_.size())).first->second;
}

std::string EncodeSamples(const SamplesPart& part, SeriesNumbers& numbers) {
  uint32_t first = numbers.size();
  Encoder names;
  Encoder differences;
  int64_t before = 0;
  for (const Reading& reading : part.samples) {
    uint32_t known = numbers.size();
    uint32_t number = numbers.Number(reading.series);
    if (number == known) names.Bytes(reading.series);
    differences.Signed(static_cast<int64_t>(number) - before);
    before = number;
  }
  Encoder out;
  out.Signed(ToMillis(part.at));
  out.Varint(first);
  out.Varint(numbers.size() - first);
  out.Raw(names.str());
  out.Varint(part.samples.size());
  out.Raw(differences.str());
  for (const Reading& reading : part.samples) out.Double(reading.value);
  out.Bytes(EncodeRecord(Rounds{part.rounds}));
  return out.Take();
}

namespace {

// The head of a samples payload. Names that `names` already has are skipped: they are the same ones.
bool TakeNames(Decoder& in, Timestamp& at, std::vector<SeriesName>& names) {
  at = FromMillis(in.Signed());
  uint64_t first = in.Varint();
  uint64_t count = in.Varint();
  if (in.failed() || first > names.size()) return false;
  for (uint64_t i = 0; i < count; ++i) {
    std::string_view name = in.Bytes();
    if (in.failed()) return false;
    if (first + i == names.size()) names.emplace_back(name);
  }
  return true;
}

}  // namespace

Status DecodeNames(std::string_view payload, std::vector<SeriesName>& names) {
  Decoder in(payload);
  Timestamp at;
  return TakeNames(in, at, names) ? OkStatus() : DataLoss("samples: cut short or damaged");
}

StatusOr<SamplesPart> DecodeSamples(std::string_view payload, std::vector<SeriesName>& names) {
  Decoder in(payload);
  SamplesPart part;
  if (!TakeNames(in, part.at, names)) return DataLoss("samples: cut short or damaged");
  uint64_t count = in.Varint();
  if (count > in.remaining()) return DataLoss("samples: more are announced than follow");
  part.samples.resize(count);
  uint64_t number = 0;
  for (Reading& reading : part.samples) {
    number += static_cast<uint64_t>(in.Signed());
    if (number >= names.size()) return DataLoss("samples: a series has no name");
    reading.series = names[number];
  }
  for (Reading& reading : part.samples) reading.value = in.Double();
  std::string_view rounds = in.Bytes();
  FW_RETURN_IF_ERROR(in.Finish("samples"));
  FW_ASSIGN_OR_RETURN(Rounds decoded, DecodeRecord<Rounds>(rounds));
  part.rounds = std::move(decoded.rounds);
  return part;
}

std::string EncodeManifest(const SpoolManifest& manifest) {
  Encoder out;
  out.Raw(kManifestMagic);
  out.Raw(EncodeRecord(manifest));
  out.Fixed64(Fingerprint::Of(out.str()).value());
  return out.Take();
}

StatusOr<SpoolManifest> DecodeManifest(std::string_view bytes) {
  if (bytes.size() < kManifestMagic.size() + 8 || !bytes.starts_with(kManifestMagic)) {
    return DataLoss("not a spool's manifest");
  }
  std::string_view body = bytes.substr(0, bytes.size() - 8);
  if (Fingerprint::Of(body).value() != Decoder(bytes.substr(body.size())).Fixed64()) {
    return DataLoss("the manifest is damaged: its checksum does not match");
  }
  FW_ASSIGN_OR_RETURN(SpoolManifest manifest,
                      DecodeRecord<SpoolManifest>(body.substr(kManifestMagic.size())));
  if (manifest.format > kSpoolFormat) return NewerSpool(manifest.format);
  uint64_t expected = manifest.acked;
  for (const SealedBatch& batch : manifest.sealed) {
    if (batch.sequence != ++expected) return DataLoss("the manifest's batches are not in sequence");
  }
  return manifest;
}

}  // namespace forewarn

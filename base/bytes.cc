#include "base/bytes.h"

#include <fmt/format.h>

namespace forewarn {

void Encoder::Key16(uint16_t v) {
  U8(static_cast<uint8_t>(v >> 8));
  U8(static_cast<uint8_t>(v));
}
void Encoder::Key32(uint32_t v) {
  Key16(static_cast<uint16_t>(v >> 16));
  Key16(static_cast<uint16_t>(v));
}
void Encoder::Key64(uint64_t v) {
  Key32(static_cast<uint32_t>(v >> 32));
  Key32(static_cast<uint32_t>(v));
}
void Encoder::Fixed32(uint32_t v) {
  char bytes[4];
  for (int i = 0; i < 4; ++i) bytes[i] = static_cast<char>(v >> (8 * i));
  out_.append(bytes, sizeof(bytes));
}
void Encoder::Fixed64(uint64_t v) {
  char bytes[8];
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<char>(v >> (8 * i));
  out_.append(bytes, sizeof(bytes));
}
void Encoder::LongVarint(uint64_t v) {
  while (v >= 0x80) {
    U8(static_cast<uint8_t>(v) | 0x80);
    v >>= 7;
  }
  U8(static_cast<uint8_t>(v));
}
// The length was left one byte and takes more.
void Encoder::EndManyBytes(size_t begin) {
  uint64_t size = out_.size() - begin;
  out_[begin - 1] = static_cast<char>(size | 0x80);
  char more[9];
  size_t used = 0;
  for (size >>= 7; size >= 0x80; size >>= 7) more[used++] = static_cast<char>(size | 0x80);
  more[used++] = static_cast<char>(size);
  out_.insert(begin, more, used);
}

uint16_t Decoder::Key16() {
  uint16_t high = U8();
  return static_cast<uint16_t>(high << 8 | U8());
}
uint32_t Decoder::Key32() {
  uint32_t high = Key16();
  return high << 16 | Key16();
}
uint64_t Decoder::Key64() {
  uint64_t high = Key32();
  return high << 32 | Key32();
}
uint32_t Decoder::Fixed32() {
  uint32_t v = 0;
  for (int shift = 0; shift < 32; shift += 8) v |= static_cast<uint32_t>(U8()) << shift;
  return v;
}
uint64_t Decoder::Fixed64() {
  uint64_t v = 0;
  for (int shift = 0; shift < 64; shift += 8) v |= static_cast<uint64_t>(U8()) << shift;
  return v;
}
uint64_t Decoder::LongVarint() {
  uint64_t v = 0;
  for (int shift = 0; shift < 64; shift += 7) {
    uint8_t byte = U8();
    if (shift == 63 && byte > 1) Fail();  // does not fit 64 bits
    if (failed_) return 0;
    v |= static_cast<uint64_t>(byte & 0x7f) << shift;
    if (byte < 0x80) return v;
  }
  Fail();
  return 0;
}
std::string_view Decoder::Raw(size_t size) {
  if (size > in_.size()) {
    Fail();
    return {};
  }
  std::string_view out = in_.substr(0, size);
  in_.remove_prefix(size);
  return out;
}

Status Decoder::Finish(std::string_view what) const {
  if (failed_) return DataLoss(fmt::format("{}: cut short or damaged", what));
  if (!in_.empty()) return DataLoss(fmt::format("{}: {} bytes too many", what, in_.size()));
  return OkStatus();
}

}  // namespace forewarn

#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn {

// Encoder appends and Decoder reads the few primitives that every format of ours is made of.
// Integers are little-endian or LEB128 varints; signed ones are zigzagged. Neither is thread-safe.
class Encoder {
 public:
  void U8(uint8_t v) { out_.push_back(static_cast<char>(v)); }
  // Big-endian, so that keys sort as numbers do.
  void Key16(uint16_t v);
  void Key32(uint32_t v);
  void Key64(uint64_t v);
  void Fixed32(uint32_t v);
  void Fixed64(uint64_t v);
  void Varint(uint64_t v) {
    if (v < 0x80) return U8(static_cast<uint8_t>(v));
    LongVarint(v);
  }
  void Signed(int64_t v) {
    Varint((static_cast<uint64_t>(v) << 1) ^ static_cast<uint64_t>(v >> 63));
  }
  void Double(double v) { Fixed64(std::bit_cast<uint64_t>(v)); }
  void Raw(std::string_view bytes) { out_.append(bytes); }
  // Length as a varint, then the bytes.
  void Bytes(std::string_view bytes) {
    Varint(bytes.size());
    Raw(bytes);
  }
  // The same for bytes that are appended between the two calls, of which the first returns what the
  // second wants. Such pairs may lie within one another.
  size_t BeginBytes() {
    U8(0);
    return out_.size();
  }
  void EndBytes(size_t begin) {
    const size_t size = out_.size() - begin;
    if (size >= 0x80) return EndManyBytes(begin);
    out_[begin - 1] = static_cast<char>(size);
  }

  size_t size() const { return out_.size(); }
  const std::string& str() const { return out_; }
  std::string Take() { return std::move(out_); }
  // Forgets the content, keeps the memory.
  void Clear() { out_.clear(); }

 private:
  void LongVarint(uint64_t v);
  void EndManyBytes(size_t begin);

  std::string out_;
};

// Reads a loan of bytes that outlives it. The first read past the end, or a varint that does not
// end, makes failed() true and every later read return zero or empty: parse straight on and ask
// once.
class Decoder {
 public:
  explicit Decoder(std::string_view in) : in_(in) {}

  uint8_t U8() {
    if (in_.empty()) {
      Fail();
      return 0;
    }
    const auto v = static_cast<uint8_t>(in_.front());
    in_.remove_prefix(1);
    return v;
  }
  uint16_t Key16();
  uint32_t Key32();
  uint64_t Key64();
  uint32_t Fixed32();
  uint64_t Fixed64();
  uint64_t Varint() {
    if (!in_.empty() && static_cast<uint8_t>(in_.front()) < 0x80) return U8();
    return LongVarint();
  }
  int64_t Signed() {
    uint64_t v = Varint();
    return static_cast<int64_t>(v >> 1) ^ -static_cast<int64_t>(v & 1);
  }
  double Double() { return std::bit_cast<double>(Fixed64()); }
  std::string_view Raw(size_t size);
  std::string_view Bytes() { return Raw(Varint()); }
  std::string_view Rest() { return Raw(in_.size()); }

  size_t remaining() const { return in_.size(); }
  bool done() const { return in_.empty(); }
  bool failed() const { return failed_; }
  void Fail() {
    failed_ = true;
    in_ = {};
  }
  // `what: cut short or damaged` when a read failed; `what: n bytes too many` when something is
  // left.
  Status Finish(std::string_view what) const;

 private:
  uint64_t LongVarint();

  std::string_view in_;
  bool failed_ = false;
};

}  // namespace forewarn

#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/status.h"
#include "probe/name_filter.h"
#include "probe/reading.h"

namespace forewarn {

struct RedactionRule {
  std::string name;     // what the pseudonym shows
  std::string pattern;  // RE2; with a group, only what the first group matched is replaced
};

struct RedactionOptions {
  bool standard = true;  // the known forms of secrets, listed in redact.cc
  std::vector<RedactionRule> rules;
  NameFilter series;     // names of series that may leave the host
  NameFilter facts;      // names of facts, and of changes of them
  bool messages = true;  // events keep one example message
  std::string key;       // of the pseudonyms; at least 32 bytes; never leaves the host
};

// What may leave the host, applied before anything is spooled.
//
// A secret, or what looks like one, is replaced by a pseudonym: `<password:1f0c9a7e5b3d>`, made of
// its kind and an HMAC-SHA-256 of the text with the key. The same text gives the same pseudonym, so
// that two hosts with one key can be compared, and whoever has the key can check a guess; nobody
// else can.
//
// Two nets: patterns of known secrets, and after them anything long without a word in it (keys,
// hashes, base64). What is in doubt is taken for a secret. Text longer than 64 KiB is cut first.
// Immutable; thread-safe.
class Redactor {
 public:
  // INVALID_ARGUMENT for a bad pattern or a short key.
  static StatusOr<std::unique_ptr<Redactor>> Make(RedactionOptions options);
  ~Redactor();

  std::string Redact(std::string_view text) const;

  // Removes series and facts that may not leave and redacts all text of the others. Returns how
  // many items were kept back.
  uint64_t Apply(std::vector<Reading>& samples, Reports& reports) const;

 private:
  struct Net;
  Redactor();

  std::unique_ptr<Net> net_;
};

// The key in the file; a new random one when there is no such file yet. FAILED_PRECONDITION for a
// file that others may read, or that is too short: a guessable key is none.
StatusOr<std::string> LoadOrMakeKey(const std::string& path);

}  // namespace forewarn

#pragma once

#include <string>
#include <string_view>

#include "base/status.h"

namespace forewarn {

// The text of an enrolment token: `fw1.<secret>.<fingerprint>`, both 64 lower-case hex digits. The
// secret is 32 random bytes; the fingerprint is that of the authority whom the probe shall believe
// when it enrols. The collector keeps the SHA-256 of the whole text and never the text.
std::string MakeEnrolToken(std::string_view fingerprint);

// kUnauthenticated with the reason when `token` is not such a text, or was made by another
// collector.
Status CheckEnrolToken(std::string_view token, std::string_view fingerprint);

}  // namespace forewarn

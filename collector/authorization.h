#pragma once

#include <string>
#include <string_view>

namespace forewarn {

// The secret in the value of an Authorization header: what follows `Bearer `, or the password of `Basic …` (RFC 7617),
// whose user name says nothing, for programs that can only send that. The scheme's case does not matter. Empty when it
// is neither, or not in form.
std::string SecretOf(std::string_view authorization);

}  // namespace forewarn

#include <fmt/format.h>

#include "base/units.h"
#include "ctl/commands.h"

namespace forewarn {

using v1::ProbeService;

Status CreateToken(Session& session, const std::string& customer, const std::string& installation,
                   const std::string& valid_for) {
  v1::CreateTokenRequest request;
  request.set_customer(customer);
  request.set_installation(installation);
  if (!valid_for.empty()) {
    FW_ASSIGN_OR_RETURN(Duration lasts, DurationOf("--valid-for", valid_for));
    // 0 on the wire means the default.
    if (lasts <= 0s)
      return InvalidArgument(
          "a token must be good for some time; give --valid-for a duration above 0s");
    request.set_valid_for_ms(lasts.count());
  }
  v1::CreateTokenResponse response;
  FW_RETURN_IF_ERROR(
      session.connection->Call<ProbeService>(&ProbeService::Stub::CreateToken, request, response));
  // The token alone, so that the answer can be sent to a file.
  session.Answer(response, Printable(response.token()) + "\n");
  if (!session.json) {
    session.notes << fmt::format(
        "For one probe of {}/{}, until {}. It is not stored and cannot be shown again.\n"
        "On the host: forewarn-probe enrol --collector HOST:PORT --token-file FILE\n",
        customer, installation, TimeText(response.expires_at_ms()));
  }
  return OkStatus();
}

Status ListTokens(Session& session) {
  v1::ListTokensResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<ProbeService>(&ProbeService::Stub::ListTokens,
                                                            v1::ListTokensRequest(), response));
  Table table({"ID", "CUSTOMER", "INSTALLATION", "STATE", "EXPIRES", "CREATED BY", "USED BY"});
  for (const v1::TokenInfo& token : response.tokens()) {
    std::string state = token.used_at_ms() != 0                          ? "used"
                        : token.expires_at_ms() <= ToMillis(session.now) ? "expired"
                                                                         : "unused";
    table.Add({token.id(), token.customer(), token.installation(), state,
               TimeText(token.expires_at_ms()), token.created_by(), token.used_by()});
  }
  session.Answer(
      response, table.ToString(
                    "No tokens. Make one: forewarnctl token create --customer C --installation I"));
  return OkStatus();
}

}  // namespace forewarn

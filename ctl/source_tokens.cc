#include <fmt/format.h>

#include "base/units.h"
#include "ctl/commands.h"

namespace forewarn {

using v1::SourceService;

Status CreateSourceToken(Session& session, const SourceTokenArguments& arguments) {
  v1::CreateSourceTokenRequest request;
  request.set_door(arguments.door);
  request.set_customer(arguments.customer);
  request.set_all_customers(arguments.all_customers);
  request.set_installation(arguments.installation);
  request.set_source(arguments.source);
  if (!arguments.valid_for.empty()) {
    FW_ASSIGN_OR_RETURN(Duration lasts, DurationOf("--valid-for", arguments.valid_for));
    // 0 on the wire means without an end.
    if (lasts <= 0s) {
      return InvalidArgument(
          "a token must be good for some time; give --valid-for a duration above 0s");
    }
    request.set_valid_for_ms(lasts.count());
  }
  v1::CreateSourceTokenResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<SourceService>(
      &SourceService::Stub::CreateSourceToken, request, response));
  // The token alone, so that the answer can be sent to a file.
  session.Answer(response, Printable(response.token()) + "\n");
  if (!session.json) {
    session.notes << (arguments.door == "query"
                          ? fmt::format("For {} as '{}', who may read {}.", arguments.door,
                                        arguments.source,
                                        arguments.all_customers ? "what all customers have"
                                                                : arguments.customer)
                          : fmt::format("For {} of {}/{} as '{}', whose series carry probe=\"{}\".",
                                        arguments.door, arguments.customer, arguments.installation,
                                        arguments.source, Printable(response.source_id())))
                  << " It is not stored and cannot be shown again.\n";
  }
  return OkStatus();
}

Status ListSourceTokens(Session& session) {
  v1::ListSourceTokensResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<SourceService>(
      &SourceService::Stub::ListSourceTokens, v1::ListSourceTokensRequest(), response));
  Table table(
      {"ID", "DOOR", "CUSTOMER", "INSTALLATION", "SOURCE", "EXPIRES", "CREATED BY", "PROBE"});
  for (const v1::SourceTokenInfo& token : response.tokens()) {
    table.Add({token.id(), token.door(), token.customer().empty() ? "all" : token.customer(),
               token.installation(), token.source(),
               token.expires_at_ms() == 0 ? "never" : TimeText(token.expires_at_ms()),
               token.created_by(), token.source_id()});
  }
  session.Answer(response, table.ToString("No tokens. Make one: forewarnctl source-token create "
                                          "--door D --customer C --installation I --source S"));
  return OkStatus();
}

Status RevokeSourceToken(Session& session, const std::string& id) {
  v1::RevokeSourceTokenRequest request;
  request.set_id(id);
  v1::RevokeSourceTokenResponse response;
  FW_RETURN_IF_ERROR(session.connection->Call<SourceService>(
      &SourceService::Stub::RevokeSourceToken, request, response));
  session.Answer(response, fmt::format("Token {} is refused from now on.\n", Printable(id)));
  return OkStatus();
}

}  // namespace forewarn

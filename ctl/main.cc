// forewarnctl: the operator's command line. What it can do is in commands.h; here is how it is
// said.
//
// Exit code 0: done. 1: refused or failed, and standard error says why. 2: the command itself is
// wrong.

#include <fmt/format.h>

#include <functional>
#include <iostream>

#include <CLI/CLI.hpp>

#include "base/clock.h"
#include "base/units.h"
#include "config/command_line.h"
#include "ctl/commands.h"

namespace forewarn {
namespace {

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;

// Everything that can stand on the command line, and the command that was chosen.
class CommandLine {
 public:
  CommandLine() : app_("Operates a Forewarn collector.", "forewarnctl") {
    app_.set_version_flag("--version", "forewarnctl " FW_VERSION);
    app_.require_subcommand(1);
    app_.fallthrough();
    AddConnectionOptions();
    AddTokens();
    AddSourceTokens();
    AddProbes();
    AddQueries();
    AddAlerts();
    AddSilences();
    AddTickets();
    AddBundles();
    AddChecks();
    AddReference();
  }

  int Run(int argc, char** argv) {
    try {
      app_.parse(argc, argv);
    } catch (const CLI::ParseError& error) {
      if (error.get_exit_code() == 0) return app_.exit(error);  // --help and --version
      std::string left_over = LeftOver(app_);
      if (left_over.empty()) return app_.exit(error) == 0 ? 0 : kWrongUsage;
      std::cerr << "forewarnctl: " << Printable(left_over)
                << "\nRun with --help for more information.\n";
      return kWrongUsage;
    }
    Session session{nullptr, std::cout, std::cerr, output_ == "json", SystemClock().Now()};
    Status status = Execute(session);
    std::cout.flush();
    if (status.ok()) return 0;
    // A list of mistakes reads best with nothing in front of it.
    bool list = status.message().find('\n') != std::string::npos;
    std::cerr << (list ? "" : "forewarnctl: ") << Printable(status.message(), true) << "\n";
    return kFailed;
  }

 private:
  using Action = std::function<Status(Session&)>;

  CLI::App* Group(const std::string& name, const std::string& help) {
    CLI::App* group = app_.add_subcommand(name, help);
    group->require_subcommand(1);
    return group;
  }

  // A command that talks to the collector.
  CLI::App* Command(CLI::App* under, const std::string& name, const std::string& help,
                    Action action) {
    CLI::App* command = under->add_subcommand(name, help);
    command->callback([this, action = std::move(action)] { action_ = action; });
    return command;
  }
  // One that needs none.
  CLI::App* LocalCommand(CLI::App* under, const std::string& name, const std::string& help,
                         Action action) {
    CLI::App* command = under->add_subcommand(name, help);
    command->callback([this, action = std::move(action)] {
      action_ = action;
      local_ = true;
    });
    return command;
  }

  Status Execute(Session& session) {
    if (local_) return action_(session);
    FillFromFolder(options_);
    std::string file = context_.empty() ? DefaultContextFile() : context_;
    if (!file.empty()) FW_RETURN_IF_ERROR(FillFromContext(file, !context_.empty(), options_));
    if (!timeout_.empty()) {
      FW_ASSIGN_OR_RETURN(options_.timeout, DurationOf("--timeout", timeout_));
    }
    FW_ASSIGN_OR_RETURN(std::unique_ptr<Connection> connection, Connection::Open(options_));
    session.connection = connection.get();
    return action_(session);
  }

  void AddConnectionOptions() {
    app_.add_option("--context", context_,
                    "File with the options below; $FOREWARN_CTL_CONFIG or "
                    "$XDG_CONFIG_HOME/forewarn/ctl.yaml when not given");
    app_.add_option("--collector", options_.collector, "HOST:PORT of the collector");
    app_.add_option("--certificates", options_.certificates,
                    "Folder with ca.pem, operator-admin.pem and operator-admin.key, as the "
                    "collector keeps them");
    app_.add_option("--ca", options_.ca_file,
                    "What the collector's certificate is verified with, PEM");
    app_.add_option("--cert", options_.certificate_file, "Your operator's certificate, PEM");
    app_.add_option("--key", options_.key_file, "Its key, PEM");
    app_.add_option("--server-name", options_.server_name,
                    "Name in the collector's certificate, when it is not the host of --collector");
    app_.add_option("--timeout", timeout_, "For one call, such as 10s; 30s when not given");
    app_.add_option("--output", output_, "text, or json for programs")
        ->check(CLI::IsMember({"text", "json"}));
  }

  void AddTokens() {
    CLI::App* group = Group("token", "Permissions to enrol one probe each");
    CLI::App* create =
        Command(group, "create", "Makes a token and prints it, once",
                [this](Session& s) { return CreateToken(s, customer_, installation_, lasts_); });
    create->add_option("--customer", customer_, "The probe's customer")->required();
    create->add_option("--installation", installation_, "The probe's installation")->required();
    create->add_option("--valid-for", lasts_,
                       "How long it may be used, such as 24h; 24h when not given");
    Command(group, "list", "Lists tokens, without their secret",
            [](Session& s) { return ListTokens(s); });
  }

  void AddSourceTokens() {
    CLI::App* group =
        Group("source-token",
              "Permissions to send by Prometheus, OpenTelemetry or Alertmanager, and to read");
    CLI::App* create = Command(group, "create", "Makes a token and prints it, once",
                               [this](Session& s) { return CreateSourceToken(s, source_token_); });
    create
        ->add_option("--door", source_token_.door,
                     "prometheus, otlp or alertmanager, to send; query, to read by Prometheus' API")
        ->required();
    create->add_option("--customer", source_token_.customer,
                       "The source's customer; to read, whose data");
    create->add_flag("--all-customers", source_token_.all_customers,
                     "To read the data of all customers, instead of --customer");
    create->add_option("--installation", source_token_.installation,
                       "The source's installation; none to read");
    create
        ->add_option(
            "--source", source_token_.source,
            "Its name within the installation, such as monitoring; to read, who does, such "
            "as grafana")
        ->required();
    create->add_option("--valid-for", source_token_.valid_for,
                       "How long it may be used, such as 90d; until it is revoked when not given");
    Command(group, "list", "Lists tokens, without their secret",
            [](Session& s) { return ListSourceTokens(s); });
    CLI::App* revoke = Command(group, "revoke", "Refuses a token from now on",
                               [this](Session& s) { return RevokeSourceToken(s, name_); });
    revoke->add_option("ID", name_, "As the list shows it")->required();
  }

  void AddProbes() {
    CLI::App* group = Group("probes", "The probes and how fresh their data is");
    CLI::App* list = Command(group, "list", "Lists probes with their contact",
                             [this](Session& s) { return ListProbes(s, customer_); });
    list->add_option("--customer", customer_, "Only this customer's");
    CLI::App* retire = Command(group, "retire", "Refuses a probe's certificate from now on",
                               [this](Session& s) { return RetireProbe(s, name_); });
    retire->add_option("PROBE", name_, "Its UUID, as `probes list` shows it")->required();
  }

  void AddQuery(CLI::App* query) {
    query->add_option("EXPR", query_.expression, "The expression");
    query->add_option("--customer", query_.customer, "Whose data");
    query->add_option("--from", query_.from,
                      "Start of a range: 2026-05-01T10:00:00Z, or how long ago, such as 2h");
    query->add_option("--to", query_.to, "End of the range, or the instant; now when not given");
    query->add_option("--step", query_.step, "Distance of a range's answers, such as 1m");
  }

  void AddQueries() {
    CLI::App* query = app_.add_subcommand("query", "Evaluates PromQL over one customer's data");
    AddQuery(query);
    CLI::App* range =
        Command(query, "range", "The same, over a range of time: the last hour, in sixty steps",
                [this](Session& s) {
                  query_.is_range = true;
                  return Query(s, query_);
                });
    AddQuery(range);
    query->callback([this, query] {
      if (query->get_subcommands().empty())
        action_ = [this](Session& s) { return Query(s, query_); };
    });
    CLI::App* select = Command(
        &app_, "select", "Prints the samples of one customer's series as they come, one a line",
        [this](Session& s) { return Select(s, select_); });
    select
        ->add_option("MATCHERS", select_.matchers,
                     "Which series: __name__=\"up\" instance=~\"web.*\"")
        ->required();
    select->add_option("--customer", select_.customer, "Whose data")->required();
    select->add_option("--from", select_.from, "From when: a time, or how long ago, such as 2h");
    select->add_option("--to", select_.to, "Until when; now when not given");
    CLI::App* events =
        Command(&app_, "events", "Lists events, checks, changes, gaps and steps of alerts",
                [this](Session& s) { return ListEvents(s, events_); });
    events->add_option("--customer", events_.customer, "Whose")->required();
    events->add_option("--from", events_.from, "From when: a time, or how long ago, such as 2h");
    events->add_option("--to", events_.to, "Until when");
    events->add_option("--limit", events_.limit, "The most that are listed; 100 when not given");
    CLI::App* counts =
        Command(&app_, "event-counts", "Counts events by what they report, the most frequent first",
                [this](Session& s) { return CountEvents(s, counts_); });
    counts->add_option("--customer", counts_.customer, "Whose")->required();
    counts->add_option("--from", counts_.from, "From when: a time, or how long ago, such as 2h");
    counts->add_option("--to", counts_.to, "Until when; now when not given");
    counts
        ->add_option(
            "--by", counts_.by,
            "What is counted together: fingerprint (source, code and template), or template")
        ->check(CLI::IsMember({"fingerprint", "template"}));
    counts->add_option("--limit", counts_.limit, "The most that are listed; 100 when not given");
  }

  void AddAlerts() {
    CLI::App* alerts = Command(&app_, "alerts", "Lists the alerts there are now",
                               [this](Session& s) { return ListAlerts(s, customer_); });
    alerts->add_option("--customer", customer_, "Only this customer's");
    // The same by the name that the other nouns have.
    CLI::App* list = alerts->add_subcommand("list", "The same");
    list->add_option("--customer", customer_, "Only this customer's");
    alerts->require_subcommand(0, 1);
    rules_ = Group("rules", "The rules in force, and rule files");
    Command(rules_, "list",
            "Lists the rules in force, how they are evaluated, and what troubles them",
            [](Session& s) { return ListRules(s); });
  }

  void AddSilences() {
    CLI::App* group = Group("silence", "Stops messages about alerts, not the alerts");
    CLI::App* add = Command(group, "add", "Adds a silence and prints its id",
                            [this](Session& s) { return AddSilence(s, silence_); });
    add->add_option("MATCHERS", silence_.matchers,
                    "Which alerts: alertname=\"DiskWillFill\" instance=~\"web.*\"")
        ->required();
    add->add_option("--customer", silence_.customer, "Whose alerts")->required();
    add->add_option("--for", silence_.lasts, "How long, such as 2h")->required();
    add->add_option("--from", silence_.from, "From when; now when not given");
    add->add_option("--comment", silence_.comment, "Why")->required();
    Command(group, "list", "Lists silences", [](Session& s) { return ListSilences(s); });
    CLI::App* expire = Command(group, "expire", "Ends a silence now",
                               [this](Session& s) { return ExpireSilence(s, name_); });
    expire->add_option("ID", name_, "Its id")->required();
  }

  void AddTickets() {
    CLI::App* group = Group("tickets", "The tickets of incidents");
    CLI::App* list = Command(group, "list", "Lists tickets that are not closed",
                             [this](Session& s) { return ListTickets(s, customer_, all_); });
    list->add_option("--customer", customer_, "Only this customer's");
    list->add_flag("--all", all_, "Closed ones too");
    CLI::App* show = Command(group, "show", "Shows a ticket with its timeline and messages",
                             [this](Session& s) { return ShowTicket(s, name_); });
    show->add_option("TICKET", name_, "Its name: FW-192")->required();

    auto act = [this, group](const std::string& name, const std::string& help,
                             Status (*action)(Session&, const TicketArguments&)) {
      CLI::App* command =
          Command(group, name, help, [this, action](Session& s) { return action(s, ticket_); });
      command->add_option("TICKET", ticket_.name, "Its name: FW-192")->required();
      return command;
    };
    act("ack", "Takes a ticket: you are its owner", AcknowledgeTicket);
    CLI::App* close = act("close", "Closes a ticket", CloseTicket);
    close->add_option("--cause", ticket_.cause, "What it was")
        ->required()
        ->check(CLI::IsMember({"config", "capacity", "defect", "environment", "upstream", "user"}));
    close->add_option("--resolution", ticket_.text, "What was done")->required();
    CLI::App* note = act("note", "Adds a line to its timeline", AddNote);
    note->add_option("TEXT", ticket_.text, "The line")->required();
    note->add_flag("--customer-visible", ticket_.customer_visible, "The customer may read it");
  }

  void AddBundles() {
    CLI::App* apply = Command(
        &app_, "apply", "Applies a folder of customers, receivers, routes and rules as a whole",
        [this](Session& s) { return Apply(s, path_, dry_run_); });
    apply->add_option("-f,--folder", path_, "The folder")->required();
    apply->add_flag("--dry-run", dry_run_, "Only says what would change");
    CLI::App* group = Group("bundle", "What was applied");
    CLI::App* show = Command(group, "show", "Shows the bundle in force",
                             [this](Session& s) { return ShowBundle(s, all_); });
    show->add_flag("--files", all_, "With the text of its files");
  }

  void AddChecks() {
    CLI::App* rules =
        LocalCommand(rules_, "check", "Checks rule files on this machine and lists every mistake",
                     [this](Session& s) { return CheckRules(s, paths_); });
    rules->add_option("PATHS", paths_, "Rule files, folders of them, or a bundle's folder")
        ->required();
    CLI::App* test = LocalCommand(rules_, "test",
                                  "Runs unit tests of rules, in promtool's format, on this machine",
                                  [this](Session& s) { return TestRules(s, paths_); });
    test->add_option("PATHS", paths_, "Files of tests, or folders of them")->required();
    CLI::App* exported =
        LocalCommand(rules_, "export", "Writes rule files without what only Forewarn knows",
                     [this](Session& s) { return ExportRules(s, paths_, path_); });
    exported->add_option("PATHS", paths_, "Rule files, or folders of them")->required();
    exported->add_flag("--prometheus", all_, "For Prometheus: the one format there is")->required();
    exported->add_option("-o,--folder", path_,
                         "Where the files are written, under their names; printed when not given");
    CLI::App* group = Group("config", "Settings files and bundles");
    CLI::App* check =
        LocalCommand(group, "check", "Checks a settings file or a bundle and lists every mistake",
                     [this](Session& s) { return CheckConfig(s, path_, kind_); });
    check->add_option("PATH", path_, "The file, or the bundle's folder")->required();
    check->add_option("--kind", kind_, "Whose settings; guessed when not given")
        ->check(CLI::IsMember({"collector", "probe"}));
  }

  void AddReference() {
    CLI::App* command = LocalCommand(
        &app_, "reference", "Prints the help of every command as Markdown", [](Session& s) {
          s.out << "# forewarnctl\n\n<!-- Printed by: forewarnctl reference -->\n\nExit code 0: "
                   "done. 1: refused or failed, and "
                   "standard error says why. 2: the command itself is wrong.\n\nOptions of "
                   "`forewarnctl` itself may also "
                   "stand behind a command.\n";
          // A fresh one: CLI11 gives the help of the command that was chosen, whichever is asked.
          CommandLine fresh;
          PrintReference(s.out, fresh.app_, "");
          return OkStatus();
        });
    command->group("");  // not among the commands for operators
  }

  static void PrintReference(std::ostream& out, const CLI::App& app, const std::string& parent) {
    std::string name = parent.empty() ? app.get_name() : parent + " " + app.get_name();
    std::string help = app.help(parent);
    help.erase(help.find_last_not_of('\n') + 1);
    help.erase(0, help.find_first_not_of('\n'));
    out << "\n## " << name << "\n\n```text\n" << help << "\n```\n";
    for (const CLI::App* inner :
         app.get_subcommands([](const CLI::App* a) { return !a->get_group().empty(); })) {
      PrintReference(out, *inner, name);
    }
  }

  CLI::App app_;
  CLI::App* rules_ = nullptr;

  // What the command line said.
  ConnectionOptions options_;
  std::string context_;
  std::string timeout_;
  std::string output_ = "text";
  std::string customer_;
  std::string installation_;
  std::string lasts_;
  std::string name_;
  std::string path_;
  std::string kind_;
  SourceTokenArguments source_token_;
  std::vector<std::string> paths_;
  bool all_ = false;
  bool dry_run_ = false;
  QueryArguments query_;
  SelectArguments select_;
  EventArguments events_;
  CountArguments counts_;
  SilenceArguments silence_;
  TicketArguments ticket_;
  Action action_;
  bool local_ = false;
};

}  // namespace
}  // namespace forewarn

int main(int argc, char** argv) { return forewarn::CommandLine().Run(argc, argv); }

#include "app/commands/commands.h"

namespace freshet {

void AddAllCommands(CommandLine& line) {
  AddRunCommand(line);
  AddSendCommand(line);
  AddTailCommand(line);
  AddReplayCommand(line);
  AddImportCommand(line);
  AddRecommendCommand(line);
  AddSimilarCommand(line);
  AddEvaluateCommands(line);
  AddTopicsCommands(line);
  AddDeadLettersCommands(line);
  AddStateCommands(line);
  AddDoctorCommand(line);
  AddConfigCommand(line);
  AddVersionCommand(line);
}

}  // namespace freshet

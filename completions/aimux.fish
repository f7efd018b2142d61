# fish completion for aimux
# Made from the command tree by: python -m aimux.cli.completion

function __aimux_complete
    set -l words (commandline -opc)
    set -l cur (commandline -ct)
    set -l node aimux
    set -l wanted ''
    set -l ended ''
    set -l count 0
    set -l commands
    for word in $words[2..-1]
        if test -n "$wanted"
            set wanted ''
        else if test -z "$ended"; and test "x$word" = x--
            set ended 1
        else if test -z "$ended"; and string match -q -- '-*' $word
            if not string match -q -- '*=*' $word; and __aimux_values "$node" "$word" >/dev/null
                set wanted $word
            end
        else if test $count = 0; and __aimux_node "$node $word" commands >/dev/null
            set node "$node $word"
        else
            set count (math $count + 1)
            __aimux_values "$node" -- >/dev/null; and set ended 1
        end
    end
    set commands (__aimux_node "$node" commands)
    if test -n "$wanted"
        __aimux_offer (__aimux_values "$node" "$wanted")
    else if test -z "$ended"; and string match -q -- '--*=*' $cur
        set -l option (string split -m 1 = -- $cur)[1]
        __aimux_offer (__aimux_values "$node" $option) | string replace -r -- '^' "$option="
    else if test -z "$ended"; and string match -q -- '-*' $cur
        __aimux_node "$node" options
    else if set -q commands[1]
        test $count = 0; and printf '%s\n' $commands
    else
        set -l values (__aimux_values "$node" (math $count + 1); or __aimux_values "$node" '*')
        __aimux_offer $values
    end
end

# Prints what the lines of a table name: words as they are, "@KIND" asks aimux, "*" is any file.
function __aimux_offer
    for each in $argv
        switch $each
            case '@*'
                set -l program (commandline -opc)[1]
                string match -q -- '~*' $program; and set program (string replace '~' $HOME -- $program)
                $program __complete (string sub -s 2 -- $each) 2>/dev/null
            case '\*'
                __fish_complete_path (string replace -r -- '^--[^=]*=' '' (commandline -ct))
            case '*'
                printf '%s\n' $each
        end
    end
end

# The commands or the options of a node; fails where there is no such node.
function __aimux_node
    switch "$argv[1]"
        case 'aimux'
            if test $argv[2] = options
                printf '%s\t%s\n' '--version' 'Show the version' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'demo' 'See it work: no keys, no network, nothing left behind' 'bench' 'Measure what aimux adds on this machine: direct against through aimux' 'init' 'Write the first configuration, with comments' 'start' 'Start aimux in the background' 'stop' 'Stop aimux' 'restart' 'Replace the running aimux by a new one' 'reload' 'Apply the configuration as it is now' 'status' 'Show whether aimux runs, and how it is' 'logs' 'Show the log' 'models' 'List the models: window and longest answer in tokens, dollars per million tokens, abilities' 'why' 'Tell why a request went where it went, how that ended, and what it took' 'requests' 'List the newest requests, the last one at the bottom' 'usage' 'Sum up requests, tokens and cost' 'replay' 'Show where a request would go now and what it would cost' 'diff' 'Show two requests side by side, and where both are kept, what was said otherwise' 'env' 'Print the variables that lead clients to aimux: eval "$(aimux env)"' 'run' 'Start a client on aimux' 'connect' 'Lead a client to aimux for good, by its own settings' 'disconnect' 'Put a client\'s settings back as they were' 'clients' 'Show which clients there are and which are connected' 'dashboard' 'Open the dashboard in the browser, logged in' 'doctor' 'Look for what is wrong, and say what to type against it' 'providers' 'The accounts that answer requests' 'routes' 'Which rules there are, and where a request would go' 'keys' 'Where each provider\'s key lives' 'tokens' 'Client tokens: who may ask, for which models, for how much' 'alerts' 'Alerts: what is watched for, and how it stands' 'config' 'The configuration: where it is, what holds, and changes to it' 'service' 'Run aimux as a service of yours: systemd or launchd' 'completion' 'Complete commands, options and names while you type'
            end
        case 'aimux demo'
            if test $argv[2] = options
                printf '%s\t%s\n' '--prompt' 'Ask something else' '--json' 'Print one JSON object with the answer and the figures' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux bench'
            if test $argv[2] = options
                printf '%s\t%s\n' '--duration' 'How long to measure, in all' '-d' 'How long to measure, in all' '--concurrency' 'Requests at a time where requests per second are counted' '-c' 'Requests at a time where requests per second are counted' '--json' 'Print one JSON object with all figures' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux init'
            if test $argv[2] = options
                printf '%s\t%s\n' '--yes' 'Ask nothing' '-y' 'Ask nothing' '--provider' 'Preset to use' '--key-stdin' 'Read the provider\'s key from stdin' '--key-env' 'Variable the daemon reads the key from' '--keep-keys' 'Leave keys where they are' '--force' 'Replace a config.toml that is there' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux start'
            if test $argv[2] = options
                printf '%s\t%s\n' '--foreground' 'Stay here, log to stderr' '--port' 'Listen on this port' '--wait' 'How long to wait until it is ready' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux stop'
            if test $argv[2] = options
                printf '%s\t%s\n' '--timeout' 'How long open requests may go on (server.drain_timeout)' '--now' 'Do not wait for open requests' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux restart'
            if test $argv[2] = options
                printf '%s\t%s\n' '--port' 'Listen on this port' '--wait' 'How long to wait until it is ready' '--timeout' 'How long open requests may go on (server.drain_timeout)' '--now' 'Do not wait for open requests' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux reload'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux status'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '--watch' 'Show it again every 2 s' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux logs'
            if test $argv[2] = options
                printf '%s\t%s\n' '-f' 'Go on as lines come' '--follow' 'Go on as lines come' '-n' 'Lines to begin with' '--lines' 'Lines to begin with' '--level' 'Least level: debug, info, warning, error' '--request' 'Only lines of this request' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux models'
            if test $argv[2] = options
                printf '%s\t%s\n' '--provider' 'Of this one alone' '--search' 'With this in the name' '--refresh' 'Ask the providers for their own lists' '--json' 'Print JSON, with source and date' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux why'
            if test $argv[2] = options
                printf '%s\t%s\n' '--last' 'The newest request' '--session' 'All requests of a session' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux requests'
            if test $argv[2] = options
                printf '%s\t%s\n' '-n' 'How many' '--lines' 'How many' '-f' 'Go on as requests end' '--follow' 'Go on as requests end' '--json' 'Print JSON, one request a line' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux usage'
            if test $argv[2] = options
                printf '%s\t%s\n' '--since' 'A span such as 12h, 7d, or a day such as 2026-11-01' '--by' 'provider, model, client, project, session or day' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux replay'
            if test $argv[2] = options
                printf '%s\t%s\n' '--target' 'provider/model to send it to instead' '--yes' 'Send it' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux diff'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux env'
            if test $argv[2] = options
                printf '%s\t%s\n' '--shell' 'bash, zsh, fish, pwsh, cmd, dotenv or json' '--client' 'Only what claude-code, codex, gemini-cli or opencode needs' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux run'
            if test $argv[2] = options
                printf '%s\t%s\n' '--profile' 'Use the rules that ask for this profile' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux connect'
            if test $argv[2] = options
                printf '%s\t%s\n' '--dry-run' 'Show what would change, and change nothing' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux disconnect'
            if test $argv[2] = options
                printf '%s\t%s\n' '--all' 'All that are connected' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux clients'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux dashboard'
            if test $argv[2] = options
                printf '%s\t%s\n' '--print' 'Print the address instead of opening it' '--json' 'Print it as JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux doctor'
            if test $argv[2] = options
                printf '%s\t%s\n' '--security' 'Attack the running daemon\'s own door' '--leaks' 'Search aimux\'s own files for keys' '--report' 'Print all of it as text without secrets' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'catalog' 'List the vendors aimux knows, with their formats and the keys they want' 'add' 'Add a provider. Asks for its key on the terminal, without showing it' 'list' 'List the configured providers, with their keys and, while a daemon runs, their health' 'show' 'Show everything known of one provider' 'test' 'Ask a provider for its list of models, which is free: shows whether the key is taken' 'enable' 'Let requests go to a provider again' 'disable' 'Keep a provider in the configuration and send it nothing' 'reset' 'Let the running daemon ask a provider again at once: ends rests, circuits and used-up windows' 'remove' 'Remove a provider and the key kept for it. Refuses while routes use it'
            end
        case 'aimux providers catalog'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers add'
            if test $argv[2] = options
                printf '%s\t%s\n' '--preset' 'Entry of the catalogue' '--base-url' 'Address as the vendor\'s own SDK takes it' '--format' 'Spoken there: anthropic, openai-chat, openai-responses, gemini' '--key-stdin' 'Read the key from stdin' '--key-env' 'Variable the daemon reads the key from' '--no-key' 'It takes no key' '--reload' 'Tell a running daemon at once' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers list'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers show'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers test'
            if test $argv[2] = options
                printf '%s\t%s\n' '--paid' 'Also ask a model for one token, which costs money' '--model' 'Model of the paid call' '--timeout' 'Longest wait for an answer' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers enable'
            if test $argv[2] = options
                printf '%s\t%s\n' '--reload' 'Tell a running daemon at once' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers disable'
            if test $argv[2] = options
                printf '%s\t%s\n' '--reload' 'Tell a running daemon at once' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers reset'
            if test $argv[2] = options
                printf '%s\t%s\n' '--all' 'All of them' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux providers remove'
            if test $argv[2] = options
                printf '%s\t%s\n' '--yes' 'Do not ask' '-y' 'Do not ask' '--keep-key' 'Leave its key in the keyring' '--reload' 'Tell a running daemon at once' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux routes'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'list' 'List the rules in the order in which they are looked at, then the models and the default' 'test' 'Show where a request would go and why' 'simulate' 'Replay requests in virtual time through the routing itself'
            end
        case 'aimux routes list'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux routes test'
            if test $argv[2] = options
                printf '%s\t%s\n' '--model' 'Model asked for' '--tokens' 'Length of the prompt in tokens' '--max-output' 'Longest answer in tokens' '--thinking' 'off, on, low, medium, high, xhigh, max' '--images' 'With an image' '--documents' 'With a document' '--tools' 'With these tools' '--web-search' 'With a web search by the provider' '--structured' 'With a schema for the answer' '--client' 'An agent such as claude-code, or a token\'s name' '--subagent' 'From a subagent' '--project' 'Path of its project' '--header' 'With this header' '--stream' 'Whether the answer is streamed' '--no-stream' 'Whether the answer is streamed' '--format' 'anthropic, openai-chat, openai-responses or gemini' '--session' 'Id of its conversation' '--at' 'Another time, such as "fri 14:30"' '--file' 'A request as JSON in any format' '--offline' 'Do not ask the daemon what it knows' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux routes simulate'
            if test $argv[2] = options
                printf '%s\t%s\n' '--scenario' 'quiet-day, brown-out or dry-plan instead' '--config' 'Configuration' '--strategy' 'In every route' '--all-strategies' 'Each of them' '--no-affinity' 'As with routing.sticky none' '--model' 'The model that a scenario asks for' '--seed' 'Of all chance, and of a scenario\'s requests' '--format' 'Describe the format of traces, and end' '--print' 'Print the trace as JSON lines, and end' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux keys'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'set' 'Store a key in the OS keyring, or in aimux\'s vault where there is none' 'list' 'Show where each key is kept and whether it can be had' 'remove' 'Remove a key from the keyring and from the vault' 'migrate' 'Move keys from the vault and the environment into the keyring, or all into the vault' 'unlock' 'Give the vault\'s passphrase to the running daemon'
            end
        case 'aimux keys set'
            if test $argv[2] = options
                printf '%s\t%s\n' '--stdin' 'Read it from stdin instead of asking' '--vault' 'Into aimux\'s own file' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux keys list'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux keys remove'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux keys migrate'
            if test $argv[2] = options
                printf '%s\t%s\n' '--to' 'keyring or vault' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux keys unlock'
            if test $argv[2] = options
                printf '%s\t%s\n' '--stdin' 'Read it from stdin instead of asking' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux tokens'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'create' 'Make a client token and print it: it is shown this once and kept nowhere' 'list' 'List the client tokens' 'revoke' 'Revoke a client token: whoever has it is refused from now on'
            end
        case 'aimux tokens create'
            if test $argv[2] = options
                printf '%s\t%s\n' '--budget' 'US dollars and a window: 5/day, 0.5/session, 100/month' '--models' 'Glob over the models it may ask for' '--expires' 'How long it holds: 12h, 30d' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux tokens list'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux tokens revoke'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux alerts'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'list' 'Show every alert of the configuration: its state, the value now, and since when' 'test' 'Send a test message to every place that an alert is told to'
            end
        case 'aimux alerts list'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'As JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux alerts test'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'As JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'path' 'Print where config.toml is' 'show' 'Print every setting that holds' 'check' 'Check the file and print every problem' 'get' 'Print one setting as it holds' 'set' 'Change one setting in the file' 'unset' 'Take one setting, or a whole table, out of the file' 'edit' 'Open the file in $VISUAL or $EDITOR' 'schema' 'Print the JSON Schema of config.toml' 'import' 'Take over the configuration of another gateway, or keys that are there already'
            end
        case 'aimux config path'
            if test $argv[2] = options
                printf '%s\t%s\n' '--all' 'Print state, keys, log and all others as well' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config show'
            if test $argv[2] = options
                printf '%s\t%s\n' '--origin' 'Say where each value comes from: flag, variable, line ' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config check'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config get'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config set'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config unset'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config edit'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config schema'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux config import'
            if test $argv[2] = options
                printf '%s\t%s\n' '--write' 'Add it to a config.toml that is there already' '--dry-run' 'Write nothing' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux service'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'install' 'Write the service, enable it and start it' 'uninstall' 'Stop the service and take its files away' 'status' 'Show how the service is' 'print' 'Print what would be installed'
            end
        case 'aimux service install'
            if test $argv[2] = options
                printf '%s\t%s\n' '--linger' 'Start it at boot, not only when you log in' '--socket' 'The port is held from login on' '--no-start' 'Enable it, and start it later' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux service uninstall'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux service status'
            if test $argv[2] = options
                printf '%s\t%s\n' '--json' 'Print JSON' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux service print'
            if test $argv[2] = options
                printf '%s\t%s\n' '--socket' 'The port is held from login on' '--for' 'systemd or launchd' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux completion'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            else
                printf '%s\t%s\n' 'show' 'Print the file for a shell' 'install' 'Put the file where your shell looks for it, and say what is left to do'
            end
        case 'aimux completion show'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case 'aimux completion install'
            if test $argv[2] = options
                printf '%s\t%s\n' '-h' 'Show the help and end.' '--help' 'Show the help and end.'
            end
        case '*'
            return 1
    end
    return 0
end

# What an option or the n-th argument takes; fails where nothing is taken.
function __aimux_values
    switch "$argv[1] $argv[2]"
        case 'aimux demo --prompt'
        case 'aimux bench --duration' 'aimux bench -d' 'aimux bench --concurrency' 'aimux bench -c'
        case 'aimux init --provider'
            printf '%s\n' '@providers'
        case 'aimux init --key-env'
        case 'aimux start --port' 'aimux start --wait'
        case 'aimux stop --timeout'
        case 'aimux restart --port' 'aimux restart --wait' 'aimux restart --timeout'
        case 'aimux logs -n' 'aimux logs --lines'
        case 'aimux logs --level'
            printf '%s\n' 'debug' 'info' 'warning' 'error'
        case 'aimux logs --request'
            printf '%s\n' '@requests'
        case 'aimux models --provider'
            printf '%s\n' '@providers'
        case 'aimux models --search'
        case 'aimux why --session'
            printf '%s\n' '@sessions'
        case 'aimux why 1'
            printf '%s\n' '@requests'
        case 'aimux requests -n' 'aimux requests --lines'
        case 'aimux usage --since'
        case 'aimux usage --by'
            printf '%s\n' 'provider' 'model' 'client' 'project' 'session' 'day'
        case 'aimux replay --target'
            printf '%s\n' '@targets'
        case 'aimux replay 1'
            printf '%s\n' '@requests'
        case 'aimux diff 1' 'aimux diff 2'
            printf '%s\n' '@requests'
        case 'aimux env --shell'
            printf '%s\n' 'bash' 'zsh' 'fish' 'pwsh' 'cmd' 'dotenv' 'json'
        case 'aimux env --client'
            printf '%s\n' 'claude-code' 'codex' 'gemini-cli' 'opencode'
        case 'aimux run --' 'aimux run --profile'
        case 'aimux run 1'
            printf '%s\n' 'claude-code' 'codex' 'gemini-cli' 'opencode'
        case 'aimux run \\*'
            printf '%s\n' '*'
        case 'aimux connect 1'
            printf '%s\n' 'claude-code' 'codex' 'gemini-cli' 'opencode'
        case 'aimux disconnect 1'
            printf '%s\n' 'claude-code' 'codex' 'gemini-cli' 'opencode'
        case 'aimux providers add --preset'
            printf '%s\n' '@presets'
        case 'aimux providers add --base-url'
        case 'aimux providers add --format'
            printf '%s\n' 'anthropic' 'openai-chat' 'openai-responses' 'gemini'
        case 'aimux providers add --key-env'
        case 'aimux providers add 1'
            printf '%s\n' '@presets'
        case 'aimux providers show 1'
            printf '%s\n' '@providers'
        case 'aimux providers test --model'
            printf '%s\n' '@models'
        case 'aimux providers test --timeout'
        case 'aimux providers test 1'
            printf '%s\n' '@providers'
        case 'aimux providers enable 1'
            printf '%s\n' '@providers'
        case 'aimux providers disable 1'
            printf '%s\n' '@providers'
        case 'aimux providers reset 1'
            printf '%s\n' '@providers'
        case 'aimux providers remove 1'
            printf '%s\n' '@providers'
        case 'aimux routes test --model'
            printf '%s\n' '@models'
        case 'aimux routes test --tokens' 'aimux routes test --max-output'
        case 'aimux routes test --thinking'
            printf '%s\n' 'off' 'on' 'minimal' 'low' 'medium' 'high' 'xhigh' 'max'
        case 'aimux routes test --tools'
        case 'aimux routes test --client'
            printf '%s\n' 'claude-code' 'codex' 'gemini-cli' 'opencode' '@clients'
        case 'aimux routes test --project'
            printf '%s\n' '*'
        case 'aimux routes test --header'
        case 'aimux routes test --format'
            printf '%s\n' 'anthropic' 'openai-chat' 'openai-responses' 'gemini'
        case 'aimux routes test --session'
            printf '%s\n' '@sessions'
        case 'aimux routes test --at'
        case 'aimux routes test --file'
            printf '%s\n' '*'
        case 'aimux routes simulate --scenario'
            printf '%s\n' 'quiet-day' 'brown-out' 'dry-plan'
        case 'aimux routes simulate --config'
            printf '%s\n' '*'
        case 'aimux routes simulate --strategy'
            printf '%s\n' 'priority' 'weighted' 'round-robin' 'fastest' 'cheapest' 'least-busy' 'adaptive'
        case 'aimux routes simulate --model'
            printf '%s\n' '@models'
        case 'aimux routes simulate --seed'
        case 'aimux routes simulate 1'
            printf '%s\n' '*'
        case 'aimux keys set 1'
            printf '%s\n' '@keys'
        case 'aimux keys remove 1'
            printf '%s\n' '@keys'
        case 'aimux keys migrate --to'
            printf '%s\n' 'keyring' 'vault'
        case 'aimux tokens create --budget' 'aimux tokens create --models' 'aimux tokens create --expires' 'aimux tokens create 1'
        case 'aimux tokens revoke 1'
            printf '%s\n' '@tokens'
        case 'aimux alerts test 1'
            printf '%s\n' '@alerts'
        case 'aimux config check 1'
            printf '%s\n' '*'
        case 'aimux config get 1'
            printf '%s\n' 'version' 'server.host' 'server.port' 'server.auth' 'server.allow_remote' 'server.allowed_hosts' 'server.max_body_mb' 'server.drain_timeout' 'server.heartbeat' 'server.dashboard' 'logging.level' 'logging.format' 'logging.max_file_mb' 'logging.keep_files' 'ledger.enabled' 'ledger.keep' 'ledger.max_mb' 'replay.keep' 'replay.lifetime' 'replay.max_mb' 'replay.match.model' 'replay.match.client' 'replay.match.format' 'replay.match.thinking' 'replay.match.images' 'replay.match.documents' 'replay.match.web_search' 'replay.match.tools' 'replay.match.structured_output' 'replay.match.min_input_tokens' 'replay.match.max_input_tokens' 'replay.match.max_output_tokens' 'replay.match.subagent' 'replay.match.stream' 'replay.match.project' 'replay.match.header' 'replay.match.time' 'providers' 'models' 'routes' 'routing.default' 'routing.strategy' 'routing.failover_on' 'routing.sticky' 'routing.quota_reserve' 'routing.explore' 'routing.minute_usd' 'routing.loop_guard' 'budgets' 'alerts' '@settings'
        case 'aimux config set 1'
            printf '%s\n' 'version' 'server.host' 'server.port' 'server.auth' 'server.allow_remote' 'server.allowed_hosts' 'server.max_body_mb' 'server.drain_timeout' 'server.heartbeat' 'server.dashboard' 'logging.level' 'logging.format' 'logging.max_file_mb' 'logging.keep_files' 'ledger.enabled' 'ledger.keep' 'ledger.max_mb' 'replay.keep' 'replay.lifetime' 'replay.max_mb' 'replay.match.model' 'replay.match.client' 'replay.match.format' 'replay.match.thinking' 'replay.match.images' 'replay.match.documents' 'replay.match.web_search' 'replay.match.tools' 'replay.match.structured_output' 'replay.match.min_input_tokens' 'replay.match.max_input_tokens' 'replay.match.max_output_tokens' 'replay.match.subagent' 'replay.match.stream' 'replay.match.project' 'replay.match.header' 'replay.match.time' 'providers' 'models' 'routes' 'routing.default' 'routing.strategy' 'routing.failover_on' 'routing.sticky' 'routing.quota_reserve' 'routing.explore' 'routing.minute_usd' 'routing.loop_guard' 'budgets' 'alerts' '@settings'
        case 'aimux config set \\*'
        case 'aimux config unset 1'
            printf '%s\n' 'version' 'server.host' 'server.port' 'server.auth' 'server.allow_remote' 'server.allowed_hosts' 'server.max_body_mb' 'server.drain_timeout' 'server.heartbeat' 'server.dashboard' 'logging.level' 'logging.format' 'logging.max_file_mb' 'logging.keep_files' 'ledger.enabled' 'ledger.keep' 'ledger.max_mb' 'replay.keep' 'replay.lifetime' 'replay.max_mb' 'replay.match.model' 'replay.match.client' 'replay.match.format' 'replay.match.thinking' 'replay.match.images' 'replay.match.documents' 'replay.match.web_search' 'replay.match.tools' 'replay.match.structured_output' 'replay.match.min_input_tokens' 'replay.match.max_input_tokens' 'replay.match.max_output_tokens' 'replay.match.subagent' 'replay.match.stream' 'replay.match.project' 'replay.match.header' 'replay.match.time' 'providers' 'models' 'routes' 'routing.default' 'routing.strategy' 'routing.failover_on' 'routing.sticky' 'routing.quota_reserve' 'routing.explore' 'routing.minute_usd' 'routing.loop_guard' 'budgets' 'alerts' '@settings'
        case 'aimux config import 1'
            printf '%s\n' 'ccr' 'litellm' 'cliproxyapi' 'env'
        case 'aimux config import 2'
            printf '%s\n' '*'
        case 'aimux service print --for'
            printf '%s\n' 'systemd' 'launchd'
        case 'aimux completion show 1'
            printf '%s\n' 'bash' 'zsh' 'fish' 'powershell'
        case 'aimux completion install 1'
            printf '%s\n' 'bash' 'zsh' 'fish' 'powershell'
        case '*'
            return 1
    end
    return 0
end

complete -c aimux -f -a '(__aimux_complete)'

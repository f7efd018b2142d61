# PowerShell completion for aimux
# Made from the command tree by: python -m aimux.cli.completion

# What there is below a node.
$global:AimuxNodes = @{
    'aimux' = @{
        commands = @(('demo' + "`t" + 'See it work: no keys, no network, nothing left behind'), ('bench' + "`t" + 'Measure what aimux adds on this machine: direct against through aimux'), ('init' + "`t" + 'Write the first configuration, with comments'), ('start' + "`t" + 'Start aimux in the background'), ('stop' + "`t" + 'Stop aimux'), ('restart' + "`t" + 'Replace the running aimux by a new one'), ('reload' + "`t" + 'Apply the configuration as it is now'), ('status' + "`t" + 'Show whether aimux runs, and how it is'), ('logs' + "`t" + 'Show the log'), ('models' + "`t" + 'List the models: window and longest answer in tokens, dollars per million tokens, abilities'), ('why' + "`t" + 'Tell why a request went where it went, how that ended, and what it took'), ('requests' + "`t" + 'List the newest requests, the last one at the bottom'), ('usage' + "`t" + 'Sum up requests, tokens and cost'), ('replay' + "`t" + 'Show where a request would go now and what it would cost'), ('diff' + "`t" + 'Show two requests side by side, and where both are kept, what was said otherwise'), ('env' + "`t" + 'Print the variables that lead clients to aimux: eval "$(aimux env)"'), ('run' + "`t" + 'Start a client on aimux'), ('connect' + "`t" + 'Lead a client to aimux for good, by its own settings'), ('disconnect' + "`t" + 'Put a client''s settings back as they were'), ('clients' + "`t" + 'Show which clients there are and which are connected'), ('dashboard' + "`t" + 'Open the dashboard in the browser, logged in'), ('doctor' + "`t" + 'Look for what is wrong, and say what to type against it'), ('providers' + "`t" + 'The accounts that answer requests'), ('routes' + "`t" + 'Which rules there are, and where a request would go'), ('keys' + "`t" + 'Where each provider''s key lives'), ('tokens' + "`t" + 'Client tokens: who may ask, for which models, for how much'), ('alerts' + "`t" + 'Alerts: what is watched for, and how it stands'), ('config' + "`t" + 'The configuration: where it is, what holds, and changes to it'), ('service' + "`t" + 'Run aimux as a service of yours: systemd or launchd'), ('completion' + "`t" + 'Complete commands, options and names while you type'))
        options = @(('--version' + "`t" + 'Show the version'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux demo' = @{
        commands = @()
        options = @(('--prompt' + "`t" + 'Ask something else'), ('--json' + "`t" + 'Print one JSON object with the answer and the figures'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux bench' = @{
        commands = @()
        options = @(('--duration' + "`t" + 'How long to measure, in all'), ('-d' + "`t" + 'How long to measure, in all'), ('--concurrency' + "`t" + 'Requests at a time where requests per second are counted'), ('-c' + "`t" + 'Requests at a time where requests per second are counted'), ('--json' + "`t" + 'Print one JSON object with all figures'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux init' = @{
        commands = @()
        options = @(('--yes' + "`t" + 'Ask nothing'), ('-y' + "`t" + 'Ask nothing'), ('--provider' + "`t" + 'Preset to use'), ('--key-stdin' + "`t" + 'Read the provider''s key from stdin'), ('--key-env' + "`t" + 'Variable the daemon reads the key from'), ('--keep-keys' + "`t" + 'Leave keys where they are'), ('--force' + "`t" + 'Replace a config.toml that is there'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux start' = @{
        commands = @()
        options = @(('--foreground' + "`t" + 'Stay here, log to stderr'), ('--port' + "`t" + 'Listen on this port'), ('--wait' + "`t" + 'How long to wait until it is ready'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux stop' = @{
        commands = @()
        options = @(('--timeout' + "`t" + 'How long open requests may go on (server.drain_timeout)'), ('--now' + "`t" + 'Do not wait for open requests'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux restart' = @{
        commands = @()
        options = @(('--port' + "`t" + 'Listen on this port'), ('--wait' + "`t" + 'How long to wait until it is ready'), ('--timeout' + "`t" + 'How long open requests may go on (server.drain_timeout)'), ('--now' + "`t" + 'Do not wait for open requests'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux reload' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux status' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('--watch' + "`t" + 'Show it again every 2 s'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux logs' = @{
        commands = @()
        options = @(('-f' + "`t" + 'Go on as lines come'), ('--follow' + "`t" + 'Go on as lines come'), ('-n' + "`t" + 'Lines to begin with'), ('--lines' + "`t" + 'Lines to begin with'), ('--level' + "`t" + 'Least level: debug, info, warning, error'), ('--request' + "`t" + 'Only lines of this request'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux models' = @{
        commands = @()
        options = @(('--provider' + "`t" + 'Of this one alone'), ('--search' + "`t" + 'With this in the name'), ('--refresh' + "`t" + 'Ask the providers for their own lists'), ('--json' + "`t" + 'Print JSON, with source and date'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux why' = @{
        commands = @()
        options = @(('--last' + "`t" + 'The newest request'), ('--session' + "`t" + 'All requests of a session'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux requests' = @{
        commands = @()
        options = @(('-n' + "`t" + 'How many'), ('--lines' + "`t" + 'How many'), ('-f' + "`t" + 'Go on as requests end'), ('--follow' + "`t" + 'Go on as requests end'), ('--json' + "`t" + 'Print JSON, one request a line'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux usage' = @{
        commands = @()
        options = @(('--since' + "`t" + 'A span such as 12h, 7d, or a day such as 2026-11-01'), ('--by' + "`t" + 'provider, model, client, project, session or day'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux replay' = @{
        commands = @()
        options = @(('--target' + "`t" + 'provider/model to send it to instead'), ('--yes' + "`t" + 'Send it'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux diff' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux env' = @{
        commands = @()
        options = @(('--shell' + "`t" + 'bash, zsh, fish, pwsh, cmd, dotenv or json'), ('--client' + "`t" + 'Only what claude-code, codex, gemini-cli or opencode needs'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux run' = @{
        commands = @()
        options = @(('--profile' + "`t" + 'Use the rules that ask for this profile'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux connect' = @{
        commands = @()
        options = @(('--dry-run' + "`t" + 'Show what would change, and change nothing'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux disconnect' = @{
        commands = @()
        options = @(('--all' + "`t" + 'All that are connected'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux clients' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux dashboard' = @{
        commands = @()
        options = @(('--print' + "`t" + 'Print the address instead of opening it'), ('--json' + "`t" + 'Print it as JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux doctor' = @{
        commands = @()
        options = @(('--security' + "`t" + 'Attack the running daemon''s own door'), ('--leaks' + "`t" + 'Search aimux''s own files for keys'), ('--report' + "`t" + 'Print all of it as text without secrets'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers' = @{
        commands = @(('catalog' + "`t" + 'List the vendors aimux knows, with their formats and the keys they want'), ('add' + "`t" + 'Add a provider. Asks for its key on the terminal, without showing it'), ('list' + "`t" + 'List the configured providers, with their keys and, while a daemon runs, their health'), ('show' + "`t" + 'Show everything known of one provider'), ('test' + "`t" + 'Ask a provider for its list of models, which is free: shows whether the key is taken'), ('enable' + "`t" + 'Let requests go to a provider again'), ('disable' + "`t" + 'Keep a provider in the configuration and send it nothing'), ('reset' + "`t" + 'Let the running daemon ask a provider again at once: ends rests, circuits and used-up windows'), ('remove' + "`t" + 'Remove a provider and the key kept for it. Refuses while routes use it'))
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers catalog' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers add' = @{
        commands = @()
        options = @(('--preset' + "`t" + 'Entry of the catalogue'), ('--base-url' + "`t" + 'Address as the vendor''s own SDK takes it'), ('--format' + "`t" + 'Spoken there: anthropic, openai-chat, openai-responses, gemini'), ('--key-stdin' + "`t" + 'Read the key from stdin'), ('--key-env' + "`t" + 'Variable the daemon reads the key from'), ('--no-key' + "`t" + 'It takes no key'), ('--reload' + "`t" + 'Tell a running daemon at once'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers list' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers show' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers test' = @{
        commands = @()
        options = @(('--paid' + "`t" + 'Also ask a model for one token, which costs money'), ('--model' + "`t" + 'Model of the paid call'), ('--timeout' + "`t" + 'Longest wait for an answer'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers enable' = @{
        commands = @()
        options = @(('--reload' + "`t" + 'Tell a running daemon at once'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers disable' = @{
        commands = @()
        options = @(('--reload' + "`t" + 'Tell a running daemon at once'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers reset' = @{
        commands = @()
        options = @(('--all' + "`t" + 'All of them'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux providers remove' = @{
        commands = @()
        options = @(('--yes' + "`t" + 'Do not ask'), ('-y' + "`t" + 'Do not ask'), ('--keep-key' + "`t" + 'Leave its key in the keyring'), ('--reload' + "`t" + 'Tell a running daemon at once'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux routes' = @{
        commands = @(('list' + "`t" + 'List the rules in the order in which they are looked at, then the models and the default'), ('test' + "`t" + 'Show where a request would go and why'), ('simulate' + "`t" + 'Replay requests in virtual time through the routing itself'))
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux routes list' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux routes test' = @{
        commands = @()
        options = @(('--model' + "`t" + 'Model asked for'), ('--tokens' + "`t" + 'Length of the prompt in tokens'), ('--max-output' + "`t" + 'Longest answer in tokens'), ('--thinking' + "`t" + 'off, on, low, medium, high, xhigh, max'), ('--images' + "`t" + 'With an image'), ('--documents' + "`t" + 'With a document'), ('--tools' + "`t" + 'With these tools'), ('--web-search' + "`t" + 'With a web search by the provider'), ('--structured' + "`t" + 'With a schema for the answer'), ('--client' + "`t" + 'An agent such as claude-code, or a token''s name'), ('--subagent' + "`t" + 'From a subagent'), ('--project' + "`t" + 'Path of its project'), ('--header' + "`t" + 'With this header'), ('--stream' + "`t" + 'Whether the answer is streamed'), ('--no-stream' + "`t" + 'Whether the answer is streamed'), ('--format' + "`t" + 'anthropic, openai-chat, openai-responses or gemini'), ('--session' + "`t" + 'Id of its conversation'), ('--at' + "`t" + 'Another time, such as "fri 14:30"'), ('--file' + "`t" + 'A request as JSON in any format'), ('--offline' + "`t" + 'Do not ask the daemon what it knows'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux routes simulate' = @{
        commands = @()
        options = @(('--scenario' + "`t" + 'quiet-day, brown-out or dry-plan instead'), ('--config' + "`t" + 'Configuration'), ('--strategy' + "`t" + 'In every route'), ('--all-strategies' + "`t" + 'Each of them'), ('--no-affinity' + "`t" + 'As with routing.sticky none'), ('--model' + "`t" + 'The model that a scenario asks for'), ('--seed' + "`t" + 'Of all chance, and of a scenario''s requests'), ('--format' + "`t" + 'Describe the format of traces, and end'), ('--print' + "`t" + 'Print the trace as JSON lines, and end'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux keys' = @{
        commands = @(('set' + "`t" + 'Store a key in the OS keyring, or in aimux''s vault where there is none'), ('list' + "`t" + 'Show where each key is kept and whether it can be had'), ('remove' + "`t" + 'Remove a key from the keyring and from the vault'), ('migrate' + "`t" + 'Move keys from the vault and the environment into the keyring, or all into the vault'), ('unlock' + "`t" + 'Give the vault''s passphrase to the running daemon'))
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux keys set' = @{
        commands = @()
        options = @(('--stdin' + "`t" + 'Read it from stdin instead of asking'), ('--vault' + "`t" + 'Into aimux''s own file'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux keys list' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux keys remove' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux keys migrate' = @{
        commands = @()
        options = @(('--to' + "`t" + 'keyring or vault'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux keys unlock' = @{
        commands = @()
        options = @(('--stdin' + "`t" + 'Read it from stdin instead of asking'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux tokens' = @{
        commands = @(('create' + "`t" + 'Make a client token and print it: it is shown this once and kept nowhere'), ('list' + "`t" + 'List the client tokens'), ('revoke' + "`t" + 'Revoke a client token: whoever has it is refused from now on'))
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux tokens create' = @{
        commands = @()
        options = @(('--budget' + "`t" + 'US dollars and a window: 5/day, 0.5/session, 100/month'), ('--models' + "`t" + 'Glob over the models it may ask for'), ('--expires' + "`t" + 'How long it holds: 12h, 30d'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux tokens list' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux tokens revoke' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux alerts' = @{
        commands = @(('list' + "`t" + 'Show every alert of the configuration: its state, the value now, and since when'), ('test' + "`t" + 'Send a test message to every place that an alert is told to'))
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux alerts list' = @{
        commands = @()
        options = @(('--json' + "`t" + 'As JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux alerts test' = @{
        commands = @()
        options = @(('--json' + "`t" + 'As JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config' = @{
        commands = @(('path' + "`t" + 'Print where config.toml is'), ('show' + "`t" + 'Print every setting that holds'), ('check' + "`t" + 'Check the file and print every problem'), ('get' + "`t" + 'Print one setting as it holds'), ('set' + "`t" + 'Change one setting in the file'), ('unset' + "`t" + 'Take one setting, or a whole table, out of the file'), ('edit' + "`t" + 'Open the file in $VISUAL or $EDITOR'), ('schema' + "`t" + 'Print the JSON Schema of config.toml'), ('import' + "`t" + 'Take over the configuration of another gateway, or keys that are there already'))
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config path' = @{
        commands = @()
        options = @(('--all' + "`t" + 'Print state, keys, log and all others as well'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config show' = @{
        commands = @()
        options = @(('--origin' + "`t" + 'Say where each value comes from: flag, variable, line '), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config check' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config get' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config set' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config unset' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config edit' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config schema' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux config import' = @{
        commands = @()
        options = @(('--write' + "`t" + 'Add it to a config.toml that is there already'), ('--dry-run' + "`t" + 'Write nothing'), ('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux service' = @{
        commands = @(('install' + "`t" + 'Write the service, enable it and start it'), ('uninstall' + "`t" + 'Stop the service and take its files away'), ('status' + "`t" + 'Show how the service is'), ('print' + "`t" + 'Print what would be installed'))
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux service install' = @{
        commands = @()
        options = @(('--linger' + "`t" + 'Start it at boot, not only when you log in'), ('--socket' + "`t" + 'The port is held from login on'), ('--no-start' + "`t" + 'Enable it, and start it later'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux service uninstall' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux service status' = @{
        commands = @()
        options = @(('--json' + "`t" + 'Print JSON'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux service print' = @{
        commands = @()
        options = @(('--socket' + "`t" + 'The port is held from login on'), ('--for' + "`t" + 'systemd or launchd'), ('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux completion' = @{
        commands = @(('show' + "`t" + 'Print the file for a shell'), ('install' + "`t" + 'Put the file where your shell looks for it, and say what is left to do'))
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux completion show' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
    'aimux completion install' = @{
        commands = @()
        options = @(('-h' + "`t" + 'Show the help and end.'), ('--help' + "`t" + 'Show the help and end.'))
    }
}

# What an option or the n-th argument takes.
$global:AimuxValues = @{
    'aimux demo --prompt' = @{ words = @(); ask = ''; files = $false }
    'aimux bench --duration' = @{ words = @(); ask = ''; files = $false }
    'aimux bench -d' = @{ words = @(); ask = ''; files = $false }
    'aimux bench --concurrency' = @{ words = @(); ask = ''; files = $false }
    'aimux bench -c' = @{ words = @(); ask = ''; files = $false }
    'aimux init --provider' = @{ words = @(); ask = 'providers'; files = $false }
    'aimux init --key-env' = @{ words = @(); ask = ''; files = $false }
    'aimux start --port' = @{ words = @(); ask = ''; files = $false }
    'aimux start --wait' = @{ words = @(); ask = ''; files = $false }
    'aimux stop --timeout' = @{ words = @(); ask = ''; files = $false }
    'aimux restart --port' = @{ words = @(); ask = ''; files = $false }
    'aimux restart --wait' = @{ words = @(); ask = ''; files = $false }
    'aimux restart --timeout' = @{ words = @(); ask = ''; files = $false }
    'aimux logs -n' = @{ words = @(); ask = ''; files = $false }
    'aimux logs --lines' = @{ words = @(); ask = ''; files = $false }
    'aimux logs --level' = @{ words = @('debug', 'info', 'warning', 'error'); ask = ''; files = $false }
    'aimux logs --request' = @{ words = @(); ask = 'requests'; files = $false }
    'aimux models --provider' = @{ words = @(); ask = 'providers'; files = $false }
    'aimux models --search' = @{ words = @(); ask = ''; files = $false }
    'aimux why --session' = @{ words = @(); ask = 'sessions'; files = $false }
    'aimux why 1' = @{ words = @(); ask = 'requests'; files = $false }
    'aimux requests -n' = @{ words = @(); ask = ''; files = $false }
    'aimux requests --lines' = @{ words = @(); ask = ''; files = $false }
    'aimux usage --since' = @{ words = @(); ask = ''; files = $false }
    'aimux usage --by' = @{ words = @('provider', 'model', 'client', 'project', 'session', 'day'); ask = ''; files = $false }
    'aimux replay --target' = @{ words = @(); ask = 'targets'; files = $false }
    'aimux replay 1' = @{ words = @(); ask = 'requests'; files = $false }
    'aimux diff 1' = @{ words = @(); ask = 'requests'; files = $false }
    'aimux diff 2' = @{ words = @(); ask = 'requests'; files = $false }
    'aimux env --shell' = @{ words = @('bash', 'zsh', 'fish', 'pwsh', 'cmd', 'dotenv', 'json'); ask = ''; files = $false }
    'aimux env --client' = @{ words = @('claude-code', 'codex', 'gemini-cli', 'opencode'); ask = ''; files = $false }
    'aimux run --' = @{ words = @(); ask = ''; files = $false }
    'aimux run --profile' = @{ words = @(); ask = ''; files = $false }
    'aimux run 1' = @{ words = @('claude-code', 'codex', 'gemini-cli', 'opencode'); ask = ''; files = $false }
    'aimux run *' = @{ words = @(); ask = ''; files = $true }
    'aimux connect 1' = @{ words = @('claude-code', 'codex', 'gemini-cli', 'opencode'); ask = ''; files = $false }
    'aimux disconnect 1' = @{ words = @('claude-code', 'codex', 'gemini-cli', 'opencode'); ask = ''; files = $false }
    'aimux providers add --preset' = @{ words = @(); ask = 'presets'; files = $false }
    'aimux providers add --base-url' = @{ words = @(); ask = ''; files = $false }
    'aimux providers add --format' = @{ words = @('anthropic', 'openai-chat', 'openai-responses', 'gemini'); ask = ''; files = $false }
    'aimux providers add --key-env' = @{ words = @(); ask = ''; files = $false }
    'aimux providers add 1' = @{ words = @(); ask = 'presets'; files = $false }
    'aimux providers show 1' = @{ words = @(); ask = 'providers'; files = $false }
    'aimux providers test --model' = @{ words = @(); ask = 'models'; files = $false }
    'aimux providers test --timeout' = @{ words = @(); ask = ''; files = $false }
    'aimux providers test 1' = @{ words = @(); ask = 'providers'; files = $false }
    'aimux providers enable 1' = @{ words = @(); ask = 'providers'; files = $false }
    'aimux providers disable 1' = @{ words = @(); ask = 'providers'; files = $false }
    'aimux providers reset 1' = @{ words = @(); ask = 'providers'; files = $false }
    'aimux providers remove 1' = @{ words = @(); ask = 'providers'; files = $false }
    'aimux routes test --model' = @{ words = @(); ask = 'models'; files = $false }
    'aimux routes test --tokens' = @{ words = @(); ask = ''; files = $false }
    'aimux routes test --max-output' = @{ words = @(); ask = ''; files = $false }
    'aimux routes test --thinking' = @{ words = @('off', 'on', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'); ask = ''; files = $false }
    'aimux routes test --tools' = @{ words = @(); ask = ''; files = $false }
    'aimux routes test --client' = @{ words = @('claude-code', 'codex', 'gemini-cli', 'opencode'); ask = 'clients'; files = $false }
    'aimux routes test --project' = @{ words = @(); ask = ''; files = $true }
    'aimux routes test --header' = @{ words = @(); ask = ''; files = $false }
    'aimux routes test --format' = @{ words = @('anthropic', 'openai-chat', 'openai-responses', 'gemini'); ask = ''; files = $false }
    'aimux routes test --session' = @{ words = @(); ask = 'sessions'; files = $false }
    'aimux routes test --at' = @{ words = @(); ask = ''; files = $false }
    'aimux routes test --file' = @{ words = @(); ask = ''; files = $true }
    'aimux routes simulate --scenario' = @{ words = @('quiet-day', 'brown-out', 'dry-plan'); ask = ''; files = $false }
    'aimux routes simulate --config' = @{ words = @(); ask = ''; files = $true }
    'aimux routes simulate --strategy' = @{ words = @('priority', 'weighted', 'round-robin', 'fastest', 'cheapest', 'least-busy', 'adaptive'); ask = ''; files = $false }
    'aimux routes simulate --model' = @{ words = @(); ask = 'models'; files = $false }
    'aimux routes simulate --seed' = @{ words = @(); ask = ''; files = $false }
    'aimux routes simulate 1' = @{ words = @(); ask = ''; files = $true }
    'aimux keys set 1' = @{ words = @(); ask = 'keys'; files = $false }
    'aimux keys remove 1' = @{ words = @(); ask = 'keys'; files = $false }
    'aimux keys migrate --to' = @{ words = @('keyring', 'vault'); ask = ''; files = $false }
    'aimux tokens create --budget' = @{ words = @(); ask = ''; files = $false }
    'aimux tokens create --models' = @{ words = @(); ask = ''; files = $false }
    'aimux tokens create --expires' = @{ words = @(); ask = ''; files = $false }
    'aimux tokens create 1' = @{ words = @(); ask = ''; files = $false }
    'aimux tokens revoke 1' = @{ words = @(); ask = 'tokens'; files = $false }
    'aimux alerts test 1' = @{ words = @(); ask = 'alerts'; files = $false }
    'aimux config check 1' = @{ words = @(); ask = ''; files = $true }
    'aimux config get 1' = @{ words = @('version', 'server.host', 'server.port', 'server.auth', 'server.allow_remote', 'server.allowed_hosts', 'server.max_body_mb', 'server.drain_timeout', 'server.heartbeat', 'server.dashboard', 'logging.level', 'logging.format', 'logging.max_file_mb', 'logging.keep_files', 'ledger.enabled', 'ledger.keep', 'ledger.max_mb', 'replay.keep', 'replay.lifetime', 'replay.max_mb', 'replay.match.model', 'replay.match.client', 'replay.match.format', 'replay.match.thinking', 'replay.match.images', 'replay.match.documents', 'replay.match.web_search', 'replay.match.tools', 'replay.match.structured_output', 'replay.match.min_input_tokens', 'replay.match.max_input_tokens', 'replay.match.max_output_tokens', 'replay.match.subagent', 'replay.match.stream', 'replay.match.project', 'replay.match.header', 'replay.match.time', 'providers', 'models', 'routes', 'routing.default', 'routing.strategy', 'routing.failover_on', 'routing.sticky', 'routing.quota_reserve', 'routing.explore', 'routing.minute_usd', 'routing.loop_guard', 'budgets', 'alerts'); ask = 'settings'; files = $false }
    'aimux config set 1' = @{ words = @('version', 'server.host', 'server.port', 'server.auth', 'server.allow_remote', 'server.allowed_hosts', 'server.max_body_mb', 'server.drain_timeout', 'server.heartbeat', 'server.dashboard', 'logging.level', 'logging.format', 'logging.max_file_mb', 'logging.keep_files', 'ledger.enabled', 'ledger.keep', 'ledger.max_mb', 'replay.keep', 'replay.lifetime', 'replay.max_mb', 'replay.match.model', 'replay.match.client', 'replay.match.format', 'replay.match.thinking', 'replay.match.images', 'replay.match.documents', 'replay.match.web_search', 'replay.match.tools', 'replay.match.structured_output', 'replay.match.min_input_tokens', 'replay.match.max_input_tokens', 'replay.match.max_output_tokens', 'replay.match.subagent', 'replay.match.stream', 'replay.match.project', 'replay.match.header', 'replay.match.time', 'providers', 'models', 'routes', 'routing.default', 'routing.strategy', 'routing.failover_on', 'routing.sticky', 'routing.quota_reserve', 'routing.explore', 'routing.minute_usd', 'routing.loop_guard', 'budgets', 'alerts'); ask = 'settings'; files = $false }
    'aimux config set *' = @{ words = @(); ask = ''; files = $false }
    'aimux config unset 1' = @{ words = @('version', 'server.host', 'server.port', 'server.auth', 'server.allow_remote', 'server.allowed_hosts', 'server.max_body_mb', 'server.drain_timeout', 'server.heartbeat', 'server.dashboard', 'logging.level', 'logging.format', 'logging.max_file_mb', 'logging.keep_files', 'ledger.enabled', 'ledger.keep', 'ledger.max_mb', 'replay.keep', 'replay.lifetime', 'replay.max_mb', 'replay.match.model', 'replay.match.client', 'replay.match.format', 'replay.match.thinking', 'replay.match.images', 'replay.match.documents', 'replay.match.web_search', 'replay.match.tools', 'replay.match.structured_output', 'replay.match.min_input_tokens', 'replay.match.max_input_tokens', 'replay.match.max_output_tokens', 'replay.match.subagent', 'replay.match.stream', 'replay.match.project', 'replay.match.header', 'replay.match.time', 'providers', 'models', 'routes', 'routing.default', 'routing.strategy', 'routing.failover_on', 'routing.sticky', 'routing.quota_reserve', 'routing.explore', 'routing.minute_usd', 'routing.loop_guard', 'budgets', 'alerts'); ask = 'settings'; files = $false }
    'aimux config import 1' = @{ words = @('ccr', 'litellm', 'cliproxyapi', 'env'); ask = ''; files = $false }
    'aimux config import 2' = @{ words = @(); ask = ''; files = $true }
    'aimux service print --for' = @{ words = @('systemd', 'launchd'); ask = ''; files = $false }
    'aimux completion show 1' = @{ words = @('bash', 'zsh', 'fish', 'powershell'); ask = ''; files = $false }
    'aimux completion install 1' = @{ words = @('bash', 'zsh', 'fish', 'powershell'); ask = ''; files = $false }
}

Register-ArgumentCompleter -Native -CommandName @('aimux', 'aimux.exe') -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)

    $words = @($commandAst.CommandElements |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition -or $wordToComplete -eq '' } |
        ForEach-Object { $_.Extent.Text.Trim('"', "'") })
    $program = $words[0]
    $node = 'aimux'
    $wanted = ''
    $ended = $false
    $count = 0
    foreach ($word in ($words | Select-Object -Skip 1)) {
        if ($wanted) {
            $wanted = ''
        } elseif (-not $ended -and $word -ceq '--') {
            $ended = $true
        } elseif (-not $ended -and $word.StartsWith('-')) {
            if (-not $word.Contains('=') -and $AimuxValues.ContainsKey("$node $word")) { $wanted = $word }
        } elseif ($count -eq 0 -and $AimuxNodes.ContainsKey("$node $word")) {
            $node = "$node $word"
        } else {
            $count += 1
            if ($AimuxValues.ContainsKey("$node --")) { $ended = $true }
        }
    }

    $before = ''
    $offered = @()
    $place = ''
    if ($wanted) {
        $place = "$node $wanted"
    } elseif (-not $ended -and $wordToComplete -match '^--[^=]*=') {
        $before = $Matches[0]
        $place = "$node " + $before.TrimEnd('=')
    } elseif (-not $ended -and $wordToComplete.StartsWith('-')) {
        $offered = $AimuxNodes[$node].options
    } elseif ($AimuxNodes[$node].commands.Count) {
        if ($count -eq 0) { $offered = $AimuxNodes[$node].commands }
    } elseif ($AimuxValues.ContainsKey("$node $($count + 1)")) {
        $place = "$node $($count + 1)"
    } else {
        $place = "$node *"
    }
    if ($place -and $AimuxValues.ContainsKey($place)) {
        $values = $AimuxValues[$place]
        $offered = @($values.words | ForEach-Object { "$_`t" })
        if ($values.ask) { $offered += @(& $program __complete $values.ask 2>$null) }
        if ($values.files -and -not $offered) { return }
    }

    $offered | ForEach-Object {
        $value, $told = $_ -split "`t", 2
        $whole = "$before$value"
        if ($value -and $whole.StartsWith($wordToComplete)) {
            if (-not $told) { $told = $value }
            [System.Management.Automation.CompletionResult]::new($whole, $value, 'ParameterValue', $told)
        }
    }
}

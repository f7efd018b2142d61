# bash completion for aimux
# Made from the command tree by: python -m aimux.cli.completion

_aimux() {
    local line=${COMP_LINE:0:COMP_POINT} node=aimux cur='' wanted='' ended='' before='' count=0
    local commands='' options='' offered='' ask='' files='' word
    local -a words
    COMPREPLY=()
    read -r -a words <<<"$line"
    if [[ $line != *[[:space:]] ]]; then
        cur=${words[${#words[@]}-1]}
        unset "words[${#words[@]}-1]"
    fi
    for word in "${words[@]:1}"; do
        if [[ -n $wanted ]]; then
            wanted=''
        elif [[ -z $ended && $word == -- ]]; then
            ended=1
        elif [[ -z $ended && $word == -* ]]; then
            if [[ $word != *=* ]] && _aimux_values "$node" "$word"; then wanted=$word; fi
        elif [[ $count == 0 ]] && _aimux_node "$node $word"; then
            node="$node $word"
        else
            count=$((count + 1))
            if _aimux_values "$node" --; then ended=1; fi
        fi
    done
    offered='' ask='' files=''
    if [[ -n $wanted ]]; then
        _aimux_values "$node" "$wanted"
    elif [[ -z $ended && $cur == --*=* ]]; then
        before="${cur%%=*}="
        _aimux_values "$node" "${cur%%=*}"
    elif [[ -z $ended && $cur == -* ]]; then
        _aimux_node "$node"
        offered=$options
    else
        _aimux_node "$node"
        if [[ -n $commands ]]; then
            [[ $count != 0 ]] || offered=$commands
        else
            _aimux_values "$node" $((count + 1)) || _aimux_values "$node" '*'
        fi
    fi
    _aimux_offer
}

# What fits of $offered and of what is asked for.  bash replaces what stands behind its last word break.
_aimux_offer() {
    local breaks='' value described skip=0
    [[ $COMP_WORDBREAKS == *=* ]] && breaks+='='
    [[ $COMP_WORDBREAKS == *:* ]] && breaks+=':'
    if [[ -n $breaks ]]; then value=${cur##*[$breaks]}; skip=$((${#cur} - ${#value})); fi
    while IFS=$'\t' read -r value described; do
        value=$before$value
        [[ -n $value && $value == "$cur"* ]] || continue
        printf -v value '%q' "${value:skip}"
        COMPREPLY+=("$value")
    done < <(
        for value in $offered; do printf '%s\n' "$value"; done
        [[ -z $ask ]] || "${words[0]/#\~/$HOME}" __complete "$ask" 2>/dev/null
    )
    if [[ -n $files ]] && ! compopt -o default 2>/dev/null; then
        while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen -f -- "${cur#"$before"}")
    fi
    [[ ${#COMPREPLY[@]} != 0 || -n $files ]] || compopt +o default 2>/dev/null || true
}

# What there is below a node; fails where there is no such node.
_aimux_node() {
    case $1 in
    aimux)
        commands='demo bench init start stop restart reload status logs models why requests usage replay diff env run connect disconnect clients dashboard doctor providers routes keys tokens alerts config service completion'
        options='--version -h --help' ;;
    'aimux demo')
        commands=''
        options='--prompt --json -h --help' ;;
    'aimux bench')
        commands=''
        options='--duration -d --concurrency -c --json -h --help' ;;
    'aimux init')
        commands=''
        options='--yes -y --provider --key-stdin --key-env --keep-keys --force -h --help' ;;
    'aimux start')
        commands=''
        options='--foreground --port --wait --json -h --help' ;;
    'aimux stop')
        commands=''
        options='--timeout --now --json -h --help' ;;
    'aimux restart')
        commands=''
        options='--port --wait --timeout --now --json -h --help' ;;
    'aimux reload')
        commands=''
        options='--json -h --help' ;;
    'aimux status')
        commands=''
        options='--json --watch -h --help' ;;
    'aimux logs')
        commands=''
        options='-f --follow -n --lines --level --request --json -h --help' ;;
    'aimux models')
        commands=''
        options='--provider --search --refresh --json -h --help' ;;
    'aimux why')
        commands=''
        options='--last --session --json -h --help' ;;
    'aimux requests')
        commands=''
        options='-n --lines -f --follow --json -h --help' ;;
    'aimux usage')
        commands=''
        options='--since --by --json -h --help' ;;
    'aimux replay')
        commands=''
        options='--target --yes --json -h --help' ;;
    'aimux diff')
        commands=''
        options='--json -h --help' ;;
    'aimux env')
        commands=''
        options='--shell --client -h --help' ;;
    'aimux run')
        commands=''
        options='--profile -h --help' ;;
    'aimux connect')
        commands=''
        options='--dry-run --json -h --help' ;;
    'aimux disconnect')
        commands=''
        options='--all --json -h --help' ;;
    'aimux clients')
        commands=''
        options='--json -h --help' ;;
    'aimux dashboard')
        commands=''
        options='--print --json -h --help' ;;
    'aimux doctor')
        commands=''
        options='--security --leaks --report --json -h --help' ;;
    'aimux providers')
        commands='catalog add list show test enable disable reset remove'
        options='-h --help' ;;
    'aimux providers catalog')
        commands=''
        options='--json -h --help' ;;
    'aimux providers add')
        commands=''
        options='--preset --base-url --format --key-stdin --key-env --no-key --reload -h --help' ;;
    'aimux providers list')
        commands=''
        options='--json -h --help' ;;
    'aimux providers show')
        commands=''
        options='--json -h --help' ;;
    'aimux providers test')
        commands=''
        options='--paid --model --timeout --json -h --help' ;;
    'aimux providers enable')
        commands=''
        options='--reload -h --help' ;;
    'aimux providers disable')
        commands=''
        options='--reload -h --help' ;;
    'aimux providers reset')
        commands=''
        options='--all --json -h --help' ;;
    'aimux providers remove')
        commands=''
        options='--yes -y --keep-key --reload -h --help' ;;
    'aimux routes')
        commands='list test simulate'
        options='-h --help' ;;
    'aimux routes list')
        commands=''
        options='--json -h --help' ;;
    'aimux routes test')
        commands=''
        options='--model --tokens --max-output --thinking --images --documents --tools --web-search --structured --client --subagent --project --header --stream --no-stream --format --session --at --file --offline --json -h --help' ;;
    'aimux routes simulate')
        commands=''
        options='--scenario --config --strategy --all-strategies --no-affinity --model --seed --format --print --json -h --help' ;;
    'aimux keys')
        commands='set list remove migrate unlock'
        options='-h --help' ;;
    'aimux keys set')
        commands=''
        options='--stdin --vault -h --help' ;;
    'aimux keys list')
        commands=''
        options='--json -h --help' ;;
    'aimux keys remove')
        commands=''
        options='-h --help' ;;
    'aimux keys migrate')
        commands=''
        options='--to -h --help' ;;
    'aimux keys unlock')
        commands=''
        options='--stdin -h --help' ;;
    'aimux tokens')
        commands='create list revoke'
        options='-h --help' ;;
    'aimux tokens create')
        commands=''
        options='--budget --models --expires --json -h --help' ;;
    'aimux tokens list')
        commands=''
        options='--json -h --help' ;;
    'aimux tokens revoke')
        commands=''
        options='-h --help' ;;
    'aimux alerts')
        commands='list test'
        options='-h --help' ;;
    'aimux alerts list')
        commands=''
        options='--json -h --help' ;;
    'aimux alerts test')
        commands=''
        options='--json -h --help' ;;
    'aimux config')
        commands='path show check get set unset edit schema import'
        options='-h --help' ;;
    'aimux config path')
        commands=''
        options='--all --json -h --help' ;;
    'aimux config show')
        commands=''
        options='--origin --json -h --help' ;;
    'aimux config check')
        commands=''
        options='--json -h --help' ;;
    'aimux config get')
        commands=''
        options='--json -h --help' ;;
    'aimux config set')
        commands=''
        options='-h --help' ;;
    'aimux config unset')
        commands=''
        options='-h --help' ;;
    'aimux config edit')
        commands=''
        options='-h --help' ;;
    'aimux config schema')
        commands=''
        options='-h --help' ;;
    'aimux config import')
        commands=''
        options='--write --dry-run --json -h --help' ;;
    'aimux service')
        commands='install uninstall status print'
        options='-h --help' ;;
    'aimux service install')
        commands=''
        options='--linger --socket --no-start -h --help' ;;
    'aimux service uninstall')
        commands=''
        options='-h --help' ;;
    'aimux service status')
        commands=''
        options='--json -h --help' ;;
    'aimux service print')
        commands=''
        options='--socket --for -h --help' ;;
    'aimux completion')
        commands='show install'
        options='-h --help' ;;
    'aimux completion show')
        commands=''
        options='-h --help' ;;
    'aimux completion install')
        commands=''
        options='-h --help' ;;
    *) return 1 ;;
    esac
}

# What an option or the n-th argument takes; fails where nothing is taken.
_aimux_values() {
    offered='' ask='' files=''
    case $1' '$2 in
    'aimux demo --prompt') ;;
    'aimux bench --duration'|'aimux bench -d'|'aimux bench --concurrency'|'aimux bench -c') ;;
    'aimux init --provider') ask=providers ;;
    'aimux init --key-env') ;;
    'aimux start --port'|'aimux start --wait') ;;
    'aimux stop --timeout') ;;
    'aimux restart --port'|'aimux restart --wait'|'aimux restart --timeout') ;;
    'aimux logs -n'|'aimux logs --lines') ;;
    'aimux logs --level') offered='debug info warning error' ;;
    'aimux logs --request') ask=requests ;;
    'aimux models --provider') ask=providers ;;
    'aimux models --search') ;;
    'aimux why --session') ask=sessions ;;
    'aimux why 1') ask=requests ;;
    'aimux requests -n'|'aimux requests --lines') ;;
    'aimux usage --since') ;;
    'aimux usage --by') offered='provider model client project session day' ;;
    'aimux replay --target') ask=targets ;;
    'aimux replay 1') ask=requests ;;
    'aimux diff 1'|'aimux diff 2') ask=requests ;;
    'aimux env --shell') offered='bash zsh fish pwsh cmd dotenv json' ;;
    'aimux env --client') offered='claude-code codex gemini-cli opencode' ;;
    'aimux run --'|'aimux run --profile') ;;
    'aimux run 1') offered='claude-code codex gemini-cli opencode' ;;
    'aimux run *') files=1 ;;
    'aimux connect 1') offered='claude-code codex gemini-cli opencode' ;;
    'aimux disconnect 1') offered='claude-code codex gemini-cli opencode' ;;
    'aimux providers add --preset') ask=presets ;;
    'aimux providers add --base-url') ;;
    'aimux providers add --format') offered='anthropic openai-chat openai-responses gemini' ;;
    'aimux providers add --key-env') ;;
    'aimux providers add 1') ask=presets ;;
    'aimux providers show 1') ask=providers ;;
    'aimux providers test --model') ask=models ;;
    'aimux providers test --timeout') ;;
    'aimux providers test 1') ask=providers ;;
    'aimux providers enable 1') ask=providers ;;
    'aimux providers disable 1') ask=providers ;;
    'aimux providers reset 1') ask=providers ;;
    'aimux providers remove 1') ask=providers ;;
    'aimux routes test --model') ask=models ;;
    'aimux routes test --tokens'|'aimux routes test --max-output') ;;
    'aimux routes test --thinking') offered='off on minimal low medium high xhigh max' ;;
    'aimux routes test --tools') ;;
    'aimux routes test --client') offered='claude-code codex gemini-cli opencode' ask=clients ;;
    'aimux routes test --project') files=1 ;;
    'aimux routes test --header') ;;
    'aimux routes test --format') offered='anthropic openai-chat openai-responses gemini' ;;
    'aimux routes test --session') ask=sessions ;;
    'aimux routes test --at') ;;
    'aimux routes test --file') files=1 ;;
    'aimux routes simulate --scenario') offered='quiet-day brown-out dry-plan' ;;
    'aimux routes simulate --config') files=1 ;;
    'aimux routes simulate --strategy') offered='priority weighted round-robin fastest cheapest least-busy adaptive' ;;
    'aimux routes simulate --model') ask=models ;;
    'aimux routes simulate --seed') ;;
    'aimux routes simulate 1') files=1 ;;
    'aimux keys set 1') ask=keys ;;
    'aimux keys remove 1') ask=keys ;;
    'aimux keys migrate --to') offered='keyring vault' ;;
    'aimux tokens create --budget'|'aimux tokens create --models'|'aimux tokens create --expires'|'aimux tokens create 1') ;;
    'aimux tokens revoke 1') ask=tokens ;;
    'aimux alerts test 1') ask=alerts ;;
    'aimux config check 1') files=1 ;;
    'aimux config get 1') offered='version server.host server.port server.auth server.allow_remote server.allowed_hosts server.max_body_mb server.drain_timeout server.heartbeat server.dashboard logging.level logging.format logging.max_file_mb logging.keep_files ledger.enabled ledger.keep ledger.max_mb replay.keep replay.lifetime replay.max_mb replay.match.model replay.match.client replay.match.format replay.match.thinking replay.match.images replay.match.documents replay.match.web_search replay.match.tools replay.match.structured_output replay.match.min_input_tokens replay.match.max_input_tokens replay.match.max_output_tokens replay.match.subagent replay.match.stream replay.match.project replay.match.header replay.match.time providers models routes routing.default routing.strategy routing.failover_on routing.sticky routing.quota_reserve routing.explore routing.minute_usd routing.loop_guard budgets alerts' ask=settings ;;
    'aimux config set 1') offered='version server.host server.port server.auth server.allow_remote server.allowed_hosts server.max_body_mb server.drain_timeout server.heartbeat server.dashboard logging.level logging.format logging.max_file_mb logging.keep_files ledger.enabled ledger.keep ledger.max_mb replay.keep replay.lifetime replay.max_mb replay.match.model replay.match.client replay.match.format replay.match.thinking replay.match.images replay.match.documents replay.match.web_search replay.match.tools replay.match.structured_output replay.match.min_input_tokens replay.match.max_input_tokens replay.match.max_output_tokens replay.match.subagent replay.match.stream replay.match.project replay.match.header replay.match.time providers models routes routing.default routing.strategy routing.failover_on routing.sticky routing.quota_reserve routing.explore routing.minute_usd routing.loop_guard budgets alerts' ask=settings ;;
    'aimux config set *') ;;
    'aimux config unset 1') offered='version server.host server.port server.auth server.allow_remote server.allowed_hosts server.max_body_mb server.drain_timeout server.heartbeat server.dashboard logging.level logging.format logging.max_file_mb logging.keep_files ledger.enabled ledger.keep ledger.max_mb replay.keep replay.lifetime replay.max_mb replay.match.model replay.match.client replay.match.format replay.match.thinking replay.match.images replay.match.documents replay.match.web_search replay.match.tools replay.match.structured_output replay.match.min_input_tokens replay.match.max_input_tokens replay.match.max_output_tokens replay.match.subagent replay.match.stream replay.match.project replay.match.header replay.match.time providers models routes routing.default routing.strategy routing.failover_on routing.sticky routing.quota_reserve routing.explore routing.minute_usd routing.loop_guard budgets alerts' ask=settings ;;
    'aimux config import 1') offered='ccr litellm cliproxyapi env' ;;
    'aimux config import 2') files=1 ;;
    'aimux service print --for') offered='systemd launchd' ;;
    'aimux completion show 1') offered='bash zsh fish powershell' ;;
    'aimux completion install 1') offered='bash zsh fish powershell' ;;
    *) return 1 ;;
    esac
}

complete -F _aimux aimux

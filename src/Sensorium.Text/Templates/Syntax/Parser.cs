using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Syntax;

/// <summary>Statements: text, output, and Jinja2's tags with loop controls and transformers' generation tag.</summary>
internal sealed class Parser : ExpressionParser
{
    readonly Dictionary<string, Statement> blocks = new(StringComparer.Ordinal);
    readonly Stack<string> openTags = new();
    int loopDepth;

    Parser(List<Token> tokens, int maxNesting)
        : base(tokens, maxNesting)
    {
    }

    public static ParsedTemplate Parse(string source, int maxNesting)
    {
        var parser = new Parser(Lexer.Tokenize(source), maxNesting);
        var body = parser.ParseBody([]);
        if (parser.Unknown.Count > 0)
            throw parser.Unknown[0];
        return new ParsedTemplate(parser.Names, body, parser.blocks);
    }

    /// <summary>Statements up to one of the given tags, which stays current behind its block_begin, or to the end of the template.</summary>
    Statement[] ParseBody(ReadOnlySpan<string> endTags)
    {
        Enter();
        var body = new List<Statement>();
        while (true)
        {
            var token = Current;
            switch (token.Kind)
            {
                case TokenKind.Data:
                    Next();
                    body.Add(new DataStatement(token.Text) { Line = token.Line });
                    break;
                case TokenKind.VariableBegin:
                    Next();
                    var value = ParseTuple();
                    Expect(TokenKind.VariableEnd);
                    body.Add(new OutputStatement(value) { Line = token.Line });
                    break;
                case TokenKind.BlockBegin:
                    Next();
                    if (Current.Kind == TokenKind.Name && endTags.IndexOf(Current.Text) >= 0)
                    {
                        Leave();
                        return [.. body];
                    }
                    ParseStatement(body);
                    Expect(TokenKind.BlockEnd);
                    break;
                default:
                    if (endTags.Length > 0)
                        throw Fail($"Unexpected end of template. Jinja was looking for the following tags: '{string.Join("' or '", endTags!)}'. The innermost block that needs to be closed is '{(openTags.Count > 0 ? openTags.Peek() : "")}'.");
                    Leave();
                    return [.. body];
            }
        }
    }

    /// <summary>The body of a tag whose opening part ends here.</summary>
    Statement[] ParseTagBody(params ReadOnlySpan<string> endTags)
    {
        SkipOperator(":");
        Expect(TokenKind.BlockEnd);
        return ParseBody(endTags);
    }

    Statement[] ParseTagBodyToEnd(string endTag)
    {
        var body = ParseTagBody(endTag);
        Next();
        return body;
    }

    void ParseStatement(List<Statement> body)
    {
        var token = Current;
        if (token.Kind != TokenKind.Name)
            throw Fail("tag name expected");
        openTags.Push(token.Text);
        Next();
        if (token.Text == "print")
            ParsePrint(body, token.Line);
        else
            body.Add(ParseTag(token.Text, token.Line));
        openTags.Pop();
    }

    Statement ParseTag(string tag, int line)
    {
        switch (tag)
        {
            case "if": return ParseIf(line);
            case "for": return ParseFor(line);
            case "set": return ParseSet(line);
            case "with": return ParseWith(line);
            case "macro": return ParseMacro(line);
            case "call": return ParseCallBlock(line);
            case "block": return ParseBlock(line);
            case "filter":
                var filter = ParseFilter(null);
                while (SkipOperator("|"))
                    filter = ParseFilter(filter);
                return new FilterBlockStatement(filter, ParseTagBodyToEnd("endfilter")) { Line = line };
            case "autoescape":
                var option = ParseExpression();
                return new AutoescapeStatement(option, ParseTagBodyToEnd("endautoescape")) { Line = line };
            case "generation":
                return new ScopeStatement(InFunction(() => ParseTagBodyToEnd("endgeneration"))) { Line = line };
            case "break" or "continue":
                if (loopDepth == 0)
                    throw Fail($"'{tag}' outside loop", line);
                return new LoopControlStatement(tag == "break" ? Flow.Break : Flow.Continue) { Line = line };
            case "extends" or "include" or "import" or "from":
                return ParseLoad(tag, line);
            default:
                throw UnknownTag(tag, line);
        }
    }

    SyntaxFault UnknownTag(string tag, int line)
    {
        openTags.Pop();
        var reason = $"Encountered unknown tag '{tag}'.";
        if (openTags.Count > 0)
            reason += $" The innermost block that needs to be closed is '{openTags.Peek()}'.";
        return Fail(reason, line);
    }

    void ParsePrint(List<Statement> body, int line)
    {
        var first = true;
        while (Current.Kind != TokenKind.BlockEnd)
        {
            if (!first)
                ExpectOperator(",");
            first = false;
            body.Add(new OutputStatement(ParseExpression()) { Line = line });
        }
    }

    IfStatement ParseIf(int line)
    {
        var branches = new List<(Expression, Statement[])>();
        SoftDepth++;
        while (true)
        {
            var test = ParseTuple(withConditional: false);
            branches.Add((test, ParseTagBody("elif", "else", "endif")));
            var end = Next();
            if (end.Text == "elif")
                continue;
            var otherwise = end.Text == "else" ? ParseTagBodyToEnd("endif") : [];
            SoftDepth--;
            return new IfStatement([.. branches], otherwise) { Line = line };
        }
    }

    ForStatement ParseFor(int line)
    {
        var target = ParseTarget(endName: "in");
        if (!SkipName("in"))
            throw Fail($"expected token 'in', got '{Current.Describe()}'");
        var source = ParseTuple(withConditional: false, endName: "recursive");
        var filter = SkipName("if") ? ParseExpression() : null;
        var recursive = SkipName("recursive");
        loopDepth++;
        var soft = SoftDepth;
        SoftDepth = 0;
        var body = ParseTagBody("endfor", "else");
        SoftDepth = soft;
        loopDepth--;
        var otherwise = Next().Text == "else" ? ParseTagBodyToEnd("endfor") : [];
        return new ForStatement(target, source, filter, recursive, SlotOf("loop"), body, otherwise) { Line = line };
    }

    Statement ParseSet(int line)
    {
        var target = ParseTarget(withNamespace: true);
        if (SkipOperator("="))
            return new SetStatement(target, ParseTuple()) { Line = line };
        FilterExpression? filter = null;
        while (SkipOperator("|"))
            filter = ParseFilter(filter);
        return new SetBlockStatement(target, filter, ParseTagBodyToEnd("endset")) { Line = line };
    }

    WithStatement ParseWith(int line)
    {
        var targets = new List<Target>();
        var values = new List<Expression>();
        while (Current.Kind != TokenKind.BlockEnd && !Current.IsOperator(":"))
        {
            if (targets.Count > 0)
                ExpectOperator(",");
            targets.Add(ParseTarget(withTuple: true));
            ExpectOperator("=");
            values.Add(ParseExpression());
        }
        return new WithStatement([.. targets], [.. values], ParseTagBodyToEnd("endwith")) { Line = line };
    }

    BlockStatement ParseBlock(int line)
    {
        var name = ExpectName();
        var scoped = SkipName("scoped");
        var required = SkipName("required");
        if (Current.IsOperator("-"))
            throw Fail("Block names in Jinja have to be valid Python identifiers and may not contain hyphens, use an underscore instead.");
        var body = InFunction(() => ParseTagBodyToEnd("endblock"));
        if (required && !Array.TrueForAll(body, s => s is DataStatement data && string.IsNullOrWhiteSpace(data.Text)))
            throw Fail("Required blocks can only contain comments or whitespace");
        SkipName(name);
        var block = new BlockStatement(scoped, body) { Line = line };
        if (!blocks.TryAdd(name, block))
            throw Fail($"block '{name}' defined twice", line);
        return block;
    }

    MacroStatement ParseMacro(int line)
    {
        var name = ParseTargetName();
        return new MacroStatement(SlotOf(name), ParseMacroBody(name, "endmacro", ParseSignature)) { Line = line };
    }

    CallBlockStatement ParseCallBlock(int line)
    {
        CallExpression? call = null;
        var body = ParseMacroBody(null, "endcall", () =>
        {
            var parameters = Current.IsOperator("(") ? ParseSignature() : [];
            call = ParseExpression() as CallExpression ?? throw Fail("expected call", line);
            return parameters;
        });
        return new CallBlockStatement(call!, body) { Line = line };
    }

    MacroDefinition ParseMacroBody(string? name, string endTag, Func<MacroParameter[]> signature)
    {
        var parameters = signature();
        var uses = new HashSet<string>(StringComparer.Ordinal);
        MacroUses.Push(uses);
        var body = InFunction(() => ParseTagBodyToEnd(endTag));
        MacroUses.Pop();
        return new MacroDefinition
        {
            Name = name,
            Parameters = parameters,
            Body = body,
            UsesCaller = uses.Contains("caller"),
            UsesVarargs = uses.Contains("varargs"),
            UsesKwargs = uses.Contains("kwargs"),
            Slots = (SlotOf("caller"), SlotOf("varargs"), SlotOf("kwargs")),
        };
    }

    MacroParameter[] ParseSignature()
    {
        var parameters = new List<MacroParameter>();
        ExpectOperator("(");
        var hasDefault = false;
        while (!Current.IsOperator(")"))
        {
            if (parameters.Count > 0)
                ExpectOperator(",");
            var name = ParseTargetName();
            if (parameters.Exists(p => p.Name == name))
                throw Fail($"duplicate argument '{name}' in the definition of a macro");
            var hasOwn = SkipOperator("=");
            if (hasDefault && !hasOwn)
                throw Fail("non-default argument follows default argument");
            hasDefault = hasOwn;
            parameters.Add(new MacroParameter(name, SlotOf(name), hasOwn ? ParseExpression() : null));
        }
        ExpectOperator(")");
        return [.. parameters];
    }

    LoadStatement ParseLoad(string tag, int line)
    {
        ParseExpression();
        if (tag is "import")
        {
            if (!SkipName("as"))
                throw Fail($"expected token 'as', got '{Current.Describe()}'");
            ExpectName();
        }
        else if (tag is "from")
        {
            if (!SkipName("import"))
                throw Fail($"expected token 'import', got '{Current.Describe()}'");
            do
            {
                ExpectName();
                if (SkipName("as"))
                    ExpectName();
            }
            while (SkipOperator(","));
        }
        else if (Current.IsName("ignore") && Ahead.IsName("missing"))
        {
            Next();
            Next();
        }
        if ((Current.IsName("with") || Current.IsName("without")) && Ahead.IsName("context"))
        {
            Next();
            Next();
        }
        return new LoadStatement(tag) { Line = line };
    }

    /// <summary>A body that Jinja2 compiles to a function of its own: a loop around it is out of reach.</summary>
    Statement[] InFunction(Func<Statement[]> parse)
    {
        var (loops, soft) = (loopDepth, SoftDepth);
        loopDepth = 0;
        SoftDepth = 0;
        var body = parse();
        (loopDepth, SoftDepth) = (loops, soft);
        return body;
    }

    string ParseTargetName()
    {
        var line = Current.Line;
        var name = ExpectName();
        return name is "true" or "false" or "none" or "True" or "False" or "None"
            ? throw Fail($"can't assign to '{name}'", line)
            : name;
    }

    /// <summary>What stands left of an assignment: a name, ns.name, or several of them.</summary>
    Target ParseTarget(bool withTuple = true, bool withNamespace = false, string? endName = null)
    {
        if (!withTuple)
            return ParseOneTarget(withNamespace);
        var parts = new List<Target>();
        var isTuple = false;
        while (true)
        {
            if (parts.Count > 0)
                ExpectOperator(",");
            if (Current.Kind == TokenKind.BlockEnd || Current.IsOperator("=") || Current.IsOperator(")") || (endName is not null && Current.IsName(endName)))
                break;
            parts.Add(ParseOneTarget(withNamespace));
            if (!Current.IsOperator(","))
                break;
            isTuple = true;
        }
        if (isTuple)
            return new TupleTarget([.. parts]);
        return parts.Count > 0 ? parts[0] : throw Fail($"Expected an expression, got '{Current.Describe()}'");
    }

    Target ParseOneTarget(bool withNamespace)
    {
        if (SkipOperator("("))
        {
            Enter();
            var inner = ParseTarget(withTuple: true, withNamespace);
            Leave();
            ExpectOperator(")");
            return inner;
        }
        var line = Current.Line;
        if (Current.Kind != TokenKind.Name)
            throw Fail($"can't assign to '{Current.Describe()}'", line);
        if (withNamespace && Ahead.IsOperator("."))
        {
            var slot = SlotOf(Next().Text);
            Next();
            return new NamespaceTarget(slot, ExpectName());
        }
        var name = ParseTargetName();
        return new NameTarget(name, SlotOf(name));
    }
}

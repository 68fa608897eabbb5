using Sensorium.Text.Templates.Builtins;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Syntax;

/// <summary>How a statement ended, for the loop around it.</summary>
internal enum Flow
{
    Next,
    Break,
    Continue,
}

internal abstract class Statement
{
    public int Line { get; init; }

    public Flow Execute(RenderState state)
    {
        state.Line = Line;
        state.Meter.Step();
        Meter.EnsureStack();
        state.Meter.Checkpoint();
        return Run(state);
    }

    public static Flow RunAll(RenderState state, Statement[] body)
    {
        foreach (var statement in body)
        {
            var flow = statement.Execute(state);
            if (flow != Flow.Next)
                return flow;
        }
        return Flow.Next;
    }

    protected abstract Flow Run(RenderState state);

    /// <summary>Runs a body in a scope of its own.</summary>
    protected static Flow RunScoped(RenderState state, Statement[] body, Frame frame)
    {
        var outer = state.Scope;
        state.Scope = frame;
        var flow = RunAll(state, body);
        state.Scope = outer;
        return flow;
    }
}

internal sealed class DataStatement(string text) : Statement
{
    public string Text => text;

    protected override Flow Run(RenderState state)
    {
        state.Write(text);
        return Flow.Next;
    }
}

internal sealed class OutputStatement(Expression value) : Statement
{
    protected override Flow Run(RenderState state)
    {
        state.Write(value.Evaluate(state));
        return Flow.Next;
    }
}

internal sealed class IfStatement((Expression Test, Statement[] Body)[] branches, Statement[] otherwise) : Statement
{
    protected override Flow Run(RenderState state)
    {
        foreach (var (test, body) in branches)
        {
            if (test.Evaluate(state).IsTrue)
                return RunAll(state, body);
        }
        return RunAll(state, otherwise);
    }
}

internal sealed class ForStatement(Target target, Expression source, Expression? filter, bool recursive, int loopSlot, Statement[] body, Statement[] otherwise) : Statement
{
    protected override Flow Run(RenderState state) => Loop(state, source.Evaluate(state), 0, state.Scope);

    Flow Loop(RenderState state, TemplateValue values, int depth, Frame? outer)
    {
        state.Line = Line;
        var items = Iteration.Of(values);
        if (filter is not null)
            items = new Iteration(Filtered(state, items, outer).GetEnumerator());
        var loop = new LoopValue(items, depth, recursive ? (s, inner, at) => Recurse(s, inner, at, outer) : null);
        var frame = new Frame(outer);
        var flow = Flow.Next;
        var ran = false;
        var caller = state.Scope;
        state.Held.Add(values);
        state.Scope = frame;
        while (flow != Flow.Break && loop.TryAdvance())
        {
            ran = true;
            state.Meter.Step();
            frame.Clear();
            frame.Set(loopSlot, loop);
            target.Assign(state, loop.Current);
            flow = RunAll(state, body);
        }
        state.Scope = caller;
        state.Held.RemoveAt(state.Held.Count - 1);
        return ran ? Flow.Next : RunScoped(state, otherwise, new Frame(outer));
    }

    /// <summary>loop(values) within the body: the loop again, one level deeper, as text.</summary>
    TemplateValue Recurse(RenderState state, TemplateValue values, int depth, Frame? outer)
    {
        var scope = state.Scope;
        state.Meter.EnterCall();
        if (scope is not null)
            state.Held.Add(scope);
        var output = state.BeginCapture();
        Loop(state, values, depth, outer);
        var text = state.EndCapture(output);
        if (scope is not null)
            state.Held.RemoveAt(state.Held.Count - 1);
        state.Scope = scope;
        state.Meter.LeaveCall();
        return text;
    }

    IEnumerable<TemplateValue> Filtered(RenderState state, Iteration items, Frame? outer)
    {
        var frame = new Frame(outer);
        while (items.TryNext(out var item))
        {
            state.Meter.Step();
            var scope = state.Scope;
            state.Scope = frame;
            target.Assign(state, item);
            var keep = filter!.Evaluate(state).IsTrue;
            state.Scope = scope;
            if (keep)
                yield return item;
        }
    }
}

internal sealed class SetStatement(Target target, Expression value) : Statement
{
    protected override Flow Run(RenderState state)
    {
        target.Assign(state, value.Evaluate(state));
        return Flow.Next;
    }
}

/// <summary>{% set x %} … {% endset %}, with or without filters.</summary>
internal sealed class SetBlockStatement(Target target, FilterExpression? filter, Statement[] body) : Statement
{
    protected override Flow Run(RenderState state)
    {
        var outer = state.BeginCapture();
        var flow = RunScoped(state, body, new Frame(state.Scope));
        TemplateValue text = state.EndCapture(outer);
        if (flow != Flow.Next)
            return flow;
        target.Assign(state, filter is null ? text : filter.Apply(state, text));
        return Flow.Next;
    }
}

internal sealed class FilterBlockStatement(FilterExpression filter, Statement[] body) : Statement
{
    protected override Flow Run(RenderState state)
    {
        var outer = state.BeginCapture();
        var flow = RunScoped(state, body, new Frame(state.Scope));
        var text = state.EndCapture(outer);
        if (flow != Flow.Next)
            return flow;
        state.Write(filter.Apply(state, text));
        return Flow.Next;
    }
}

internal sealed class WithStatement(Target[] targets, Expression[] values, Statement[] body) : Statement
{
    protected override Flow Run(RenderState state)
    {
        var outer = state.Scope;
        var frame = new Frame(outer);
        for (var i = 0; i < targets.Length; i++)
        {
            var value = values[i].Evaluate(state);
            state.Scope = frame;
            targets[i].Assign(state, value);
            state.Scope = outer;
        }
        return RunScoped(state, body, frame);
    }
}

internal sealed class AutoescapeStatement(Expression option, Statement[] body) : Statement
{
    protected override Flow Run(RenderState state)
    {
        var outer = state.Autoescape;
        state.Autoescape = option.Evaluate(state).IsTrue;
        var flow = RunScoped(state, body, new Frame(state.Scope));
        state.Autoescape = outer;
        return flow;
    }
}

/// <summary>A body in a scope of its own that stands for nothing more: {% generation %} where no one asks which tokens were generated.</summary>
internal sealed class ScopeStatement(Statement[] body) : Statement
{
    protected override Flow Run(RenderState state) => RunScoped(state, body, new Frame(state.Scope));
}

internal sealed class BlockStatement(bool isScoped, Statement[] body) : Statement
{
    protected override Flow Run(RenderState state)
    {
        // A block sees the template's own variables, and those of the loops around it only where it says so.
        var outer = state.Scope;
        if (!isScoped)
            state.Scope = null;
        var flow = RunScoped(state, body, new Frame(state.Scope));
        state.Scope = outer;
        return flow;
    }
}

internal sealed class MacroStatement(int slot, MacroDefinition definition) : Statement
{
    protected override Flow Run(RenderState state)
    {
        state.Store(slot, new MacroValue(definition, state.Scope));
        return Flow.Next;
    }
}

internal sealed class CallBlockStatement(CallExpression call, MacroDefinition body) : Statement
{
    protected override Flow Run(RenderState state)
    {
        state.Write(call.Invoke(state, new MacroValue(body, state.Scope)));
        return Flow.Next;
    }
}

internal sealed class LoopControlStatement(Flow flow) : Statement
{
    protected override Flow Run(RenderState state) => flow;
}

/// <summary>extends, include, import: a chat template stands alone, so there is nothing to load.</summary>
internal sealed class LoadStatement(string tag) : Statement
{
    protected override Flow Run(RenderState state) =>
        throw Fault.Type($"'{tag}' has nothing to load from: a chat template stands alone (no loader for this environment specified)");
}

/// <summary>What a macro is, apart from where it was defined.</summary>
internal sealed class MacroDefinition
{
    public required string? Name { get; init; }

    public required MacroParameter[] Parameters { get; init; }

    public required Statement[] Body { get; init; }

    public required bool UsesCaller { get; init; }

    public required bool UsesVarargs { get; init; }

    public required bool UsesKwargs { get; init; }

    public required (int Caller, int Varargs, int Kwargs) Slots { get; init; }

    public void UseRest(Frame frame, (TupleValue Varargs, DictValue Kwargs, TemplateValue? Caller) rest)
    {
        if (UsesCaller && frame.Get(Slots.Caller) is null)
            frame.Set(Slots.Caller, rest.Caller ?? UndefinedValue.Because("No caller defined"));
        if (UsesVarargs && frame.Get(Slots.Varargs) is null)
            frame.Set(Slots.Varargs, rest.Varargs);
        if (UsesKwargs && frame.Get(Slots.Kwargs) is null)
            frame.Set(Slots.Kwargs, rest.Kwargs);
    }
}

internal sealed record MacroParameter(string Name, int Slot, Expression? Default);

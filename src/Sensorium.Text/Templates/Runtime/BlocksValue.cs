using Sensorium.Text.Templates.Syntax;

namespace Sensorium.Text.Templates.Runtime;

/// <summary>The variable <c>self</c>: the template's blocks, to be rendered again by calling them.</summary>
internal sealed class BlocksValue(IReadOnlyDictionary<string, Statement> blocks) : TemplateValue
{
    internal override string TypeName => "TemplateReference";

    public TemplateValue? Attribute(string name) => blocks.TryGetValue(name, out var block)
        ? new BuiltinFunction(name, (state, arguments) =>
        {
            arguments.Expect(name, 0, 0);
            state.Meter.EnterCall();
            var scope = state.Scope;
            state.Scope = null;
            var outer = state.BeginCapture();
            block.Execute(state);
            state.Scope = scope;
            state.Meter.LeaveCall();
            return state.EndCapture(outer);
        })
        : null;
}

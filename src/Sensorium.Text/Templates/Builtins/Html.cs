using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>markupsafe's escape: HTML's five characters, in anything that is not markup already.</summary>
internal static class Html
{
    public static StrValue Escape(RenderState state, TemplateValue value) =>
        value is StrValue { IsMarkup: true } markup ? markup : StrValue.Markup(Escape(state, Printer.Str(state.Meter, value)));

    public static string Escape(RenderState state, string text)
    {
        if (text.AsSpan().IndexOfAny("&<>\"'") < 0)
            return text;
        state.Meter.Allocate(5L * text.Length);
        var builder = new StringBuilder(text.Length + 32);
        foreach (var c in text)
        {
            switch (c)
            {
                case '&': builder.Append("&amp;"); break;
                case '<': builder.Append("&lt;"); break;
                case '>': builder.Append("&gt;"); break;
                case '"': builder.Append("&#34;"); break;
                case '\'': builder.Append("&#39;"); break;
                default: builder.Append(c); break;
            }
        }
        return builder.ToString();
    }
}

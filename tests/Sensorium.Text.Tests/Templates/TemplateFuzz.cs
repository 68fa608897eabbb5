using System.Text;
using Sensorium.Text.Templates;

namespace Sensorium.Text.Tests.Templates;

/// <summary>Any bytes as a template: they render, or they fail as <see cref="TemplateException"/>; nothing else may come out.</summary>
public static class TemplateFuzz
{
    static readonly TemplateLimits Limits = new() { MaxSteps = 200_000, MaxMemory = 1 << 20 };

    static readonly Dictionary<string, TemplateValue> Variables = new(StringComparer.Ordinal)
    {
        ["messages"] = TemplateValue.List(
            TemplateValue.Mapping(new("role", TemplateValue.From("user")), new("content", TemplateValue.From("Größe 😀"))),
            TemplateValue.Mapping(new("role", TemplateValue.From("assistant")), new("content", TemplateValue.None))),
        ["n"] = TemplateValue.From(7),
        ["x"] = TemplateValue.From(2.5),
        ["big"] = TemplateValue.From(System.Numerics.BigInteger.Pow(10, 30)),
        ["name"] = TemplateValue.From("Ada"),
    };

    public static void One(ReadOnlySpan<byte> data)
    {
        try
        {
            ChatTemplate.Parse(Encoding.UTF8.GetString(data), "fuzz.jinja", Limits).Render(Variables);
        }
        catch (TemplateException)
        {
        }
    }
}

using Sensorium.Text.Templates;

namespace Sensorium.Text.Tests.Templates;

public class LanguageTests
{
    [Fact]
    public void Templates_render_and_fail_as_in_jinja2()
    {
        var failures = new List<string>();
        var count = 0;
        foreach (var (template, text, error) in LanguageCases.All())
        {
            count++;
            string outcome;
            try
            {
                outcome = ChatTemplate.Parse(template, "case").Render(LanguageCases.Variables);
            }
            catch (TemplateException e)
            {
                if (e.Kind.ToString() != error)
                    failures.Add($"{template}\n  expected {error ?? text}\n  failed with {e.Kind}: {e.Message}");
                continue;
            }
            if (outcome != text)
                failures.Add($"{template}\n  expected {error ?? text}\n  got      {outcome}");
        }
        failures.ShouldBeEmpty();
        count.ShouldBeGreaterThan(900);
    }

    [Fact]
    public void An_error_names_template_line_and_kind()
    {
        var syntax = Should.Throw<TemplateException>(() => ChatTemplate.Parse("a\n\n{% if x %}\n{{ 1 + }}", "model/chat_template.jinja"));
        (syntax.Template, syntax.Line, syntax.Kind).ShouldBe(("model/chat_template.jinja", 4, TemplateErrorKind.Syntax));
        syntax.Message.ShouldContain("model/chat_template.jinja, line 4");

        var raised = Should.Throw<TemplateException>(() => ChatTemplate.Parse("\n{{ raise_exception('no: ' ~ 3) }}", "t").Render(LanguageCases.Variables));
        (raised.Line, raised.Kind, raised.Reason).ShouldBe((2, TemplateErrorKind.Raised, "no: 3"));
    }

    [Fact]
    public void Plain_objects_become_values()
    {
        var variables = new Dictionary<string, TemplateValue>(StringComparer.Ordinal)
        {
            ["v"] = TemplateValue.FromObject(new Dictionary<string, object?>(StringComparer.Ordinal)
            {
                ["text"] = "a",
                ["numbers"] = new object?[] { 1, 2L, 3.5, 4f, true, null, ulong.MaxValue },
                ["inner"] = new Dictionary<string, object?>(StringComparer.Ordinal) { ["k"] = (string[])["x"] },
            }),
        };
        ChatTemplate.Parse("{{ v }}", "t").Render(variables)
            .ShouldBe("{'text': 'a', 'numbers': [1, 2, 3.5, 4.0, True, None, 18446744073709551615], 'inner': {'k': ['x']}}");
        Should.Throw<ArgumentException>(() => TemplateValue.FromObject(new object()));
    }

    [Fact]
    public void A_template_is_shared_by_threads()
    {
        var template = ChatTemplate.Parse("{% set ns = namespace(t=0) %}{% for i in range(200) %}{% set ns.t = ns.t + i * k %}{% endfor %}{{ ns.t }}", "t");
        Parallel.For(0, 64, k => template.Render(new Dictionary<string, TemplateValue>(StringComparer.Ordinal) { ["k"] = TemplateValue.From(k) }).ShouldBe((19900 * k).ToString()));
    }

    [Fact]
    public void Continuing_a_final_message_ends_with_its_content_and_refuses_what_the_template_drops()
    {
        var messages = TemplateValue.List(TemplateValue.Mapping(new("role", TemplateValue.From("assistant")), new("content", TemplateValue.From("Roses are "))));
        var request = new ChatTemplateRequest { Messages = messages, ContinueFinalMessage = true };
        ChatTemplate.Parse("<{{ messages[0].content }}>", "t").Render(request).ShouldBe("<Roses are ");
        ChatTemplate.Parse("<{{ messages[0].content | trim }}>", "t").Render(request).ShouldBe("<Roses are");
        Should.Throw<TemplateException>(() => ChatTemplate.Parse("nothing", "t").Render(request)).Kind.ShouldBe(TemplateErrorKind.Value);
        Should.Throw<TemplateException>(() => ChatTemplate.Parse("{{ messages[0].content }}", "t").Render(request with { AddGenerationPrompt = true })).Kind.ShouldBe(TemplateErrorKind.Value);
    }
}

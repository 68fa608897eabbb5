using System.Diagnostics;
using System.Text.Json;
using Sensorium.Text.Templates;

namespace Sensorium.Text.Tests.Templates;

public class HostileTemplateTests
{
    /// <summary>Far above what any of them takes (under half a second), so that a busy machine does not fail the test; without budgets they take minutes to centuries.</summary>
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    [Fact]
    public void Loops_growth_and_recursion_end_within_the_budget()
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(AppContext.BaseDirectory, "Templates", "hostile-templates.json")));
        // A tenth of the steps shows the same in a tenth of the time; the first few run with all of them.
        var count = 0;
        foreach (var source in document.RootElement.EnumerateArray().Select(e => e.GetString()!))
            Survives(source, count++ < 12 ? null : new TemplateLimits { MaxSteps = TemplateLimits.Default.MaxSteps / 10 });
    }

    [Theory]
    [InlineData("{{ ", "(", "1", ")", " }}")]
    [InlineData("{{ ", "[", "", "]", " }}")]
    [InlineData("{{ ", "{'a':", "1", "}", " }}")]
    [InlineData("{{ ", "not ", "1", "", " }}")]
    [InlineData("{{ ", "-", "1", "", " }}")]
    [InlineData("{{ ", "1+", "1", "", " }}")]
    [InlineData("{{ 1", "|abs", "", "", " }}")]
    [InlineData("{{ x", ".y", "", "", " }}")]
    [InlineData("{{ x", "[0]", "", "", " }}")]
    [InlineData("{{ x", "()", "", "", " }}")]
    [InlineData("{{ 1", " if 1 else 1", "", "", " }}")]
    [InlineData("{{ 1", " and 1", "", "", " }}")]
    [InlineData("{% set ", "(", "a", ")", " = 1 %}")]
    [InlineData("", "{% if 1 %}", "", "{% endif %}", "")]
    [InlineData("", "{% for i in [1] %}", "", "{% endfor %}", "")]
    [InlineData("", "{% macro m() %}", "", "{% endmacro %}", "")]
    public void Deep_nesting_in_the_source_is_refused(string start, string open, string middle, string close, string end)
    {
        var source = start + string.Concat(Enumerable.Repeat(open, 50_000)) + middle + string.Concat(Enumerable.Repeat(close, 50_000)) + end;
        Should.Throw<TemplateException>(() => ChatTemplate.Parse(source, "deep")).Kind.ShouldBe(TemplateErrorKind.Recursion);
    }

    [Theory]
    [InlineData("{{ 1", " == 1", " }}")]
    [InlineData("{{ 'a'", " ~ 'a'", " }}")]
    [InlineData("{{ [", "1,", "] }}")]
    [InlineData("{% if 0 %}", "{% elif 0 %}", "{% endif %}")]
    [InlineData("", "{# #}", "")]
    [InlineData("", "{{ 1 }}", "")]
    [InlineData("{% raw %}", "{% ", "{% endraw %}")]
    public void Long_sources_take_linear_time(string start, string part, string end) =>
        Survives(start + string.Concat(Enumerable.Repeat(part, 50_000)) + end);

    [Fact]
    public void Calls_that_nest_deep_expressions_do_not_overflow_a_small_stack()
    {
        var source = "{% macro m(n) %}{{ m(n)" + string.Concat(Enumerable.Repeat("|string", 700)) + " }}{% endmacro %}{{ m(1) }}";
        var template = ChatTemplate.Parse(source, "deep");
        TemplateException? failure = null;
        var thread = new Thread(
            () =>
            {
                try
                {
                    template.Render(new Dictionary<string, TemplateValue>(StringComparer.Ordinal));
                }
                catch (TemplateException e)
                {
                    failure = e;
                }
            },
            maxStackSize: 512 * 1024);
        thread.Start();
        thread.Join();
        failure!.Kind.ShouldBe(TemplateErrorKind.Recursion);
    }

    [Fact]
    public void What_is_dropped_does_not_count_against_memory()
    {
        // 4,000 texts of 100,000 characters one after the other are 25 times what may be alive at once.
        var template = ChatTemplate.Parse("{% set ns = namespace(x='') %}{% for i in range(4000) %}{% set ns.x = 'a' * 100000 %}{% endfor %}{{ ns.x | length }}", "t", new TemplateLimits { MaxSteps = 200_000_000 });
        template.Render(LanguageCases.Variables).ShouldBe("100000");
        var growing = ChatTemplate.Parse("{% set ns = namespace(x=[]) %}{% for i in range(4000) %}{% set ns.x = ns.x + ['a' * 100000 ~ i] %}{% endfor %}", "t", new TemplateLimits { MaxSteps = 200_000_000 });
        Should.Throw<TemplateException>(() => growing.Render(LanguageCases.Variables)).Kind.ShouldBe(TemplateErrorKind.Budget);
    }

    [Fact]
    public void A_long_conversation_fits_the_budget()
    {
        var messages = TemplateValue.List(Enumerable.Range(0, 2000).Select(i => TemplateValue.Mapping(
            new("role", TemplateValue.From(i % 2 == 0 ? "user" : "assistant")), new("content", TemplateValue.From(new string('x', 2000))))));
        var template = ChatTemplate.Parse("{% set ns = namespace(t='') %}{% for m in messages %}{% if loop.index0 % 2 == 0 and m.role != 'user' %}{{ raise_exception('order') }}{% endif %}{{ '<|' ~ m.role ~ '|>' + m.content | trim + '\n' }}{% endfor %}", "t");
        template.Render(new ChatTemplateRequest { Messages = messages }).Length.ShouldBeGreaterThan(4_000_000);
    }

    static void Survives(string source, TemplateLimits? limits = null)
    {
        var watch = Stopwatch.StartNew();
        var before = GC.GetAllocatedBytesForCurrentThread();
        try
        {
            ChatTemplate.Parse(source, "hostile", limits).Render(LanguageCases.Variables);
        }
        catch (TemplateException)
        {
        }
        watch.Elapsed.ShouldBeLessThan(Patience, source[..Math.Min(200, source.Length)]);
        (GC.GetAllocatedBytesForCurrentThread() - before).ShouldBeLessThan(2L << 30, source[..Math.Min(200, source.Length)]);
    }
}

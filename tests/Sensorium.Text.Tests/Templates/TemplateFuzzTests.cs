using System.Text;
using Sensorium.Fuzzing;

namespace Sensorium.Text.Tests.Templates;

public class TemplateFuzzTests
{
    internal static readonly string[] Pieces =
    [
        "{{", "}}", "{%", "%}", "{#", "#}", "{%-", "-%}", "{{-", "-}}", "{%+", " if ", " else ", " for i in ", " endif ", " endfor ", " set x = ", " macro m(a, b=1) ", " endmacro ", " call m() ", " endcall ",
        " with ", " endwith ", " filter ", " endfilter ", " raw ", " endraw ", " block b ", " endblock ", " break ", " continue ", " recursive ", " is ", " not ", " in ", " and ", " or ",
        "messages", "n", "x", "big", "name", "missing", "none", "true", "loop", "loop.index", "namespace(a=1)", "range(5)", "m(1)", "caller()", "self.b()", "dict(a=1)", "cycler(1, 2)",
        "|tojson", "|length", "|upper", "|list", "|map('upper')", "|sort", "|join(',')", "|int", "|float", "|round", "|first", "|groupby('role')", "|indent", "|wordwrap(3)", "|urlize", "|truncate(5)", "|default(1)", "|batch(2)", "|pprint", "|filesizeformat", "|format(1)",
        ".items()", ".split()", ".strip('a')", ".replace('a', 'b')", ".format(1, a=2)", ".role", ".content", "[0]", "[-1]", "[::-1]", "[1:]", "['role']", "(", ")", "[", "]", "{", "}", "'a'", "\"é😀\"", "'%s %d'", "'{:>{}}'",
        "0", "1", "-1", "10**20", "1e300", "0.5", "+", "-", "*", "/", "//", "%", "**", "~", "==", "<", ">=", ",", ":", ".", "|", "=", "\n", "  ", "text", "\\", "\0", "\ud83d",
    ];

    [Fact]
    public void Random_sequences_of_pieces_render_or_fail_by_type()
    {
        var random = new Random(20240726);
        var builder = new StringBuilder();
        for (var round = 0; round < 20_000; round++)
        {
            builder.Clear();
            for (var i = random.Next(1, 25); i > 0; i--)
                builder.Append(Pieces[random.Next(Pieces.Length)]);
            if (random.Next(2) == 0)
                builder.Insert(0, "{{ ").Append(" }}");
            TemplateFuzz.One(Encoding.UTF8.GetBytes(builder.ToString()));
        }
    }

    [Fact]
    public void Mutated_templates_render_or_fail_by_type() => FuzzRun.Rounds(TextParsers.Template, seed: 7, rounds: 15_000);
}

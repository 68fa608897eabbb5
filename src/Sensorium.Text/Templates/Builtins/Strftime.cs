using System.Globalization;
using System.Text;
using Sensorium.Text.Templates.Runtime;

namespace Sensorium.Text.Templates.Builtins;

/// <summary>strftime in the C locale.</summary>
internal static class Strftime
{
    static readonly string[] Days = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"];

    static readonly string[] Months =
        ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];

    public static string Format(RenderState state, DateTime now, string format)
    {
        var builder = new StringBuilder(format.Length + 16);
        for (var i = 0; i < format.Length; i++)
        {
            state.Meter.Step();
            if (format[i] != '%' || i + 1 >= format.Length)
            {
                builder.Append(format[i]);
                continue;
            }
            var flag = format[i + 1] is '-' or '_' or '0' or '^' && i + 2 < format.Length ? format[++i] : '\0';
            Append(state, builder, now, format[++i], flag);
        }
        state.Meter.Allocate(builder.Length);
        return builder.ToString();
    }

    static void Append(RenderState state, StringBuilder builder, DateTime now, char code, char flag)
    {
        var text = code switch
        {
            'a' => Days[(int)now.DayOfWeek][..3],
            'A' => Days[(int)now.DayOfWeek],
            'b' or 'h' => Months[now.Month - 1][..3],
            'B' => Months[now.Month - 1],
            'p' => now.Hour < 12 ? "AM" : "PM",
            'P' => now.Hour < 12 ? "am" : "pm",
            'Y' => now.Year.ToString(CultureInfo.InvariantCulture),
            'u' => (((int)now.DayOfWeek + 6) % 7 + 1).ToString(CultureInfo.InvariantCulture),
            'w' => ((int)now.DayOfWeek).ToString(CultureInfo.InvariantCulture),
            'f' => (now.Ticks % TimeSpan.TicksPerSecond / 10).ToString("D6", CultureInfo.InvariantCulture),
            's' => ((DateTimeOffset)now).ToUnixTimeSeconds().ToString(CultureInfo.InvariantCulture),
            'c' => Format(state, now, "%a %b %e %H:%M:%S %Y"),
            'x' or 'D' => Format(state, now, "%m/%d/%y"),
            'X' or 'T' => Format(state, now, "%H:%M:%S"),
            'F' => Format(state, now, "%Y-%m-%d"),
            'R' => Format(state, now, "%H:%M"),
            'r' => Format(state, now, "%I:%M:%S %p"),
            'n' => "\n",
            't' => "\t",
            'z' or 'Z' => "",
            '%' => "%",
            _ => null,
        };
        if (text is not null)
        {
            builder.Append(flag == '^' ? text.ToUpperInvariant() : text);
            return;
        }
        var (number, width) = code switch
        {
            'd' or 'e' => (now.Day, 2),
            'm' => (now.Month, 2),
            'y' => (now.Year % 100, 2),
            'C' => (now.Year / 100, 2),
            'H' or 'k' => (now.Hour, 2),
            'I' or 'l' => ((now.Hour + 11) % 12 + 1, 2),
            'M' => (now.Minute, 2),
            'S' => (now.Second, 2),
            'j' => (now.DayOfYear, 3),
            'U' => ((now.DayOfYear + 6 - (int)now.DayOfWeek) / 7, 2),
            'W' => ((now.DayOfYear + 6 - ((int)now.DayOfWeek + 6) % 7) / 7, 2),
            'V' => (ISOWeek.GetWeekOfYear(now), 2),
            'G' => (ISOWeek.GetYear(now), 4),
            'g' => (ISOWeek.GetYear(now) % 100, 2),
            _ => (-1, 0),
        };
        if (number < 0)
        {
            builder.Append('%').Append(code);
            return;
        }
        var digits = number.ToString(CultureInfo.InvariantCulture);
        var pad = flag switch
        {
            '_' => ' ',
            '0' => '0',
            _ => code is 'e' or 'k' or 'l' ? ' ' : '0',
        };
        builder.Append(flag == '-' ? digits : digits.PadLeft(width, pad));
    }
}

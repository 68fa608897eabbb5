namespace Sensorium.Text.Templates;

/// <summary>Why a template could not be parsed or rendered; the names follow the exceptions that Jinja2 and Python raise in the same place.</summary>
public enum TemplateErrorKind
{
    /// <summary>The source is no template (Jinja2's TemplateSyntaxError and TemplateAssertionError).</summary>
    Syntax,

    /// <summary>The template itself refused, by <c>raise_exception(text)</c>; <see cref="TemplateException.Reason"/> is that text.</summary>
    Raised,

    /// <summary>Something was asked of a value that is not there (UndefinedError).</summary>
    Undefined,

    /// <summary>An operation does not fit its operands' types (TypeError).</summary>
    Type,

    /// <summary>A value is out of its domain (ValueError).</summary>
    Value,

    /// <summary>A mapping has no such key (KeyError).</summary>
    Key,

    /// <summary>A sequence has no such index (IndexError).</summary>
    Index,

    /// <summary>A value has no such attribute (AttributeError).</summary>
    Attribute,

    /// <summary>A division by zero (ZeroDivisionError).</summary>
    ZeroDivision,

    /// <summary>A number or a range is too large (OverflowError).</summary>
    Overflow,

    /// <summary>The sandbox forbids it: changing a list or mapping, or reaching a private attribute (SecurityError).</summary>
    Security,

    /// <summary>Calls or values are nested too deeply (RecursionError).</summary>
    Recursion,

    /// <summary>A filter's own condition on its arguments does not hold (AssertionError).</summary>
    Assertion,

    /// <summary>A filter was given arguments it cannot work with (FilterArgumentError).</summary>
    FilterArgument,

    /// <summary>Another failure while rendering (TemplateRuntimeError).</summary>
    Runtime,

    /// <summary>The template needs more steps, memory or output than <see cref="TemplateLimits"/> allows.</summary>
    Budget,
}
